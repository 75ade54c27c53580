"""MP4 files with what cameras and editing programs write into their header: edit lists, and how the camera was held."""

from pathlib import Path
from struct import pack, unpack

from ganlab.kinds.container_reader import video_library

FIXED = 65536  # 1.0 as a number with 16 bits behind the point


def write_h264(frames, path: Path, header_first: bool = False) -> list[int]:
    """Write frames (n, height, width, 3), 8 per second, in groups of 4, and return where the data of each begin."""
    av = video_library()
    with av.open(str(path), "w", options={"movflags": "faststart"} if header_first else {}) as container:
        stream = container.add_stream("libx264", rate=8)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt, stream.options = "yuv420p", {"g": "4", "bf": "2"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        return [packet.pos for packet in container.demux(video=0) if packet.size]


def set_edit_list(path: Path, edits) -> None:
    """Replace the edit list by pairs of a duration and a start in seconds, which is None for an empty edit.

    Several edits need a file whose header comes last, because they move what follows.
    """
    content = bytearray(path.read_bytes())
    place = content.index(b"elst") + 8  # after the name, version and flags
    first = unpack(">i", content[place + 8 : place + 12])[0]
    with video_library().open(str(path)) as container:
        ticks = int(1 / container.streams.video[0].time_base)
    starts = [-1 if start is None else first + round(start * ticks) for _, start in edits]
    entries = [
        pack(">IiI", round(duration * 1000), start, FIXED) for (duration, _), start in zip(edits, starts, strict=True)
    ]
    content[place : place + 16] = pack(">I", len(edits)) + b"".join(entries)
    for name in (b"moov", b"trak", b"edts", b"elst"):
        size = content.index(name) - 4
        grown = unpack(">I", content[size : size + 4])[0] + 12 * (len(edits) - 1)
        content[size : size + 4] = pack(">I", grown)
    path.write_bytes(content)


def set_rotation(path: Path, quarters: int) -> None:
    """Let players turn the pictures clockwise by quarters of a turn (ISO/IEC 14496-12, matrix of the track header)."""
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 44
    across, down = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters % 4]
    matrix = [across * FIXED, down * FIXED, 0, -down * FIXED, across * FIXED, 0, 0, 0, 1 << 30]
    content[place : place + 36] = pack(">9i", *matrix)
    path.write_bytes(content)
