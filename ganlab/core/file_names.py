"""Whether a name that a person gave can be the name of one file or folder."""

MAX_BYTES = 200  # file systems allow 255, and endings are added


def is_file_name(name: str) -> bool:
    """Return whether a name is that of one file in a folder: no path, no reserved name, and not too long."""
    return bool(name.strip(". ")) and not set(name) & {"/", "\\", "\0"} and len(name.encode()) <= MAX_BYTES


def describe_file_name() -> str:
    """Return what such a name is, for an error message."""
    return f"the name of a file, of at most {MAX_BYTES} bytes and without / or \\"
