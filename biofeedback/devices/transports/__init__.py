"""Transports move bytes and know no meaning; the only importers of bleak and pyserial."""
