"""Pictures that follow a slider: sheets, grids, maps, canvases."""
