"""What the notebooks import beside custom_cells: checkers of exercises, tables, data sets."""
