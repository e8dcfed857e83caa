"""The series that a formula makes, for notebook 06, its checker and its experiment."""

import numpy as np


def mackey_glass(steps: int, seed: int = 0) -> np.ndarray:
    """Return a series that follows dx/dt = 0.2 x(t − 17) / (1 + x(t − 17)¹⁰) − 0.1 x(t), (steps,).

    A value for every six units of time, as is usual; Euler's method with ten steps per unit; the
    past that it starts from is drawn around 1.2, and its first 500 units are thrown away. Only
    products, sums and quotients, so that it is the same to the last bit everywhere.
    """
    finer, delay, every, thrown = 10, 17, 6, 500
    past = np.random.default_rng(seed).integers(1100, 1300, finer * delay + 1)
    x = (past / 1000).tolist()
    for _ in range(finer * (thrown + every * steps)):
        late = x[-finer * delay - 1]
        square = late * late
        fifth = square * square * late
        x.append(x[-1] + (0.2 * late / (1 + fifth * fifth) - 0.1 * x[-1]) / finer)
    return np.array(x[-finer * every * steps :: finer * every])
