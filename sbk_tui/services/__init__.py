"""One desk per job: devices and paper around operations."""
