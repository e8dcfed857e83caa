"""What breaks and mends files in notebook 09."""

import importlib

import pytest

from course.mending import fails, first_sentence, fresh, mend


def test_error_is_printed_without_its_frame(capsys):
    with fails():
        raise ValueError(
            "Exception encountered when calling Cell.call().\n\n\x1b[1mNo. Never.\x1b[0m"
        )
    assert capsys.readouterr().out == "ValueError: No\n"


@pytest.mark.parametrize("operation", ["MatMul", "_MklMatMul"])
def test_operation_has_one_name_on_every_processor(operation: str):
    error = ValueError(f"{{{{function_node __wrapped__{operation}_device}}}} {operation} got a")
    assert first_sentence(error) == "ValueError: MatMul got a"


def test_missing_error_is_an_error():
    with pytest.raises(AssertionError, match="nothing failed"), fails():
        pass


def test_mended_file_is_imported_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mended_file.py").write_text("a = 1\nb = 2\n", encoding="utf-8")
    module = importlib.import_module("mended_file")
    for old, new in ("12", "23", "34"):  # of equal length, in one second
        mend(module, {f"a = {old}": f"a = {new}"})
        assert (module.a, module.b) == (int(new), 2)
        assert capsys.readouterr().out == f"-a = {old}\n+a = {new}\n"
    with pytest.raises(AssertionError, match="0 times"):
        mend(module, {"c": "d"})


def test_fresh_process(monkeypatch, capsys):
    fresh("import os; print('≈', os.environ['SPEED'])", SPEED="slow")
    assert capsys.readouterr().out == "≈ slow\n"
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        fresh("1 / 0")
