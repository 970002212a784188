"""The back ends, where attempts run. Those for SCOOP and Dask are imported only when used."""
