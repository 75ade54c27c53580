from ganlab.data.readers.file_list import list_files


def test_files_by_what_they_are_for() -> None:
    files = list_files(
        [
            ".classes.csv",
            "./1.png",
            "__MACOSX/2.png",
            "a/.3.png",
            "a/.hidden/4.png",
            "a/5.JPEG",
            "a/__MACOSX.png",
            "a/b.c/6.tiff",
            "a/classes.csv",
            "a/other.csv",
            "a/phone.heic",
            "a/png",
            "a/x.",
        ]
    )
    assert list(files.images) == ["./1.png", "a/5.JPEG", "a/b.c/6.tiff"]
    assert files.label_files == {"a/classes.csv"}
    assert (files.ignored, files.first_ignored) == (3, "a/phone.heic")
    assert (len(list_files([]).images), list_files([]).ignored, list_files([]).first_ignored) == (0, 0, "")
