"""Videos are frames with their times."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ingest.errors import ReadError, SkipSource
from ingest.readers import video as reader
from ingest.readers.reading_options import ReadingOptions
from ingest.readers.reread import open_picture
from ingest.readers.video import frame_at, read_frames, read_frames_at
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_write
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from search_app.components.shared.formatting import source_label
from tests.fake_encoder import COLOURS, FakeEncoder, colour_name
from tests.ingest.readers.make_videos import CODECS, sound, turned, video
from tests.make_files import finds_every_item, ingest_folders
from tests.retuned_encoder import RetunedEncoder


def seen(drafts) -> list[tuple[float, str]]:
    return [(draft.meta["seconds"], colour_name(draft.image)) for draft in drafts]


@pytest.mark.parametrize("suffix", CODECS)
def test_a_frame_is_read_where_the_scene_changes(tmp_path: Path, suffix: str) -> None:
    read = read_frames(video(tmp_path / f"a{suffix}"), image_size=64)
    assert seen(read.drafts) == [(0.0, "red"), (4.0, "green"), (8.0, "blue")]
    assert read.gaps == ""
    for draft in read.drafts:
        assert draft.image is not None and draft.image.size == (64, 48) and draft.image.mode == "RGB"
        assert (draft.meta["width"], draft.meta["height"], draft.meta["format"]) == (64, 48, suffix[1:].upper())
    assert len({draft.thumbnail for draft in read.drafts}) == 3
    assert ["red" in str(draft.meta["colours"]) for draft in read.drafts] == [True, False, False]


@pytest.mark.parametrize("suffix", CODECS)
def test_or_every_so_many_seconds(tmp_path: Path, suffix: str) -> None:
    path = video(tmp_path / f"a{suffix}")
    drafts = read_frames(path, image_size=64, every=2.5).drafts
    assert seen(drafts) == [(0.0, "red"), (2.5, "red"), (5.0, "green"), (7.5, "green"), (10.0, "blue")]
    again = read_frames_at(path, [7.5, 2.5], image_size=64)
    assert seen(again) == [(7.5, "green"), (2.5, "red")]
    assert np.array_equal(np.asarray(again[1].image), np.asarray(drafts[1].image)), "the very same frame"


def test_scenes_are_seen_where_key_frames_are_far_apart(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", ("red", "green", "red", "blue"), key_frames_apart=1_000)
    assert [colour for _, colour in seen(read_frames(path, image_size=64).drafts)] == ["red", "green", "red", "blue"]


def test_frames_are_neither_too_close_nor_too_far_apart(tmp_path: Path) -> None:
    flicker = video(tmp_path / "a.mp4", ("red", "green") * 6, seconds=1, rate=4, key_frames_apart=1)
    times = [seconds for seconds, _ in seen(read_frames(flicker, image_size=64).drafts)]
    assert len(times) == 12 and min(np.diff(times)) >= reader.MIN_GAP
    still = video(tmp_path / "b.mp4", ("red",), seconds=70, rate=2)
    assert [seconds for seconds, _ in seen(read_frames(still, image_size=64).drafts)] == [0.0, 30.0, 60.0]


def test_of_a_long_video_frames_are_farther_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_FRAMES", 5)
    path = video(tmp_path / "a.mp4", ("red", "green") * 6, seconds=1, rate=4, key_frames_apart=1)
    for every in (0.0, 0.5):
        times = [seconds for seconds, _ in seen(read_frames(path, image_size=64, every=every).drafts)]
        assert 3 <= len(times) <= 6 and times[0] == 0.0 and times[-1] >= 7.0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_frames_are_upright(tmp_path: Path, degrees: int) -> None:
    path = turned(video(tmp_path / "a.mp4", ("blue",), size=(96, 48)), degrees)
    (draft,) = read_frames(path, image_size=48).drafts
    shape = (96, 48) if degrees == 180 else (48, 96)
    assert draft.image is not None and draft.image.size == shape == (draft.meta["width"], draft.meta["height"])
    # The white edge was at the top before the picture was turned clockwise.
    middle, end = (draft.image.width // 2, draft.image.height // 2), (draft.image.width - 2, draft.image.height - 2)
    edge = {90: (end[0], middle[1]), 180: (middle[0], end[1]), 270: (1, middle[1])}[degrees]
    assert min(draft.image.getpixel(edge)) > 200 > min(draft.image.getpixel(middle))


@pytest.mark.parametrize("suffix", CODECS)
def test_a_video_that_breaks_off_gives_what_is_there_or_the_reason(tmp_path: Path, suffix: str) -> None:
    path = video(tmp_path / f"a{suffix}")
    whole = path.read_bytes()
    for length in (len(whole) * 3 // 5, 200, 20, 3):
        path.write_bytes(whole[:length])
        try:
            drafts = read_frames(path, image_size=64).drafts
        except ReadError as error:
            assert str(error).startswith("damaged video") and str(error).endswith("."), error
        else:
            assert drafts and length > 200
    for content in (b"", b"#EXTM3U\nfile:///etc/passwd\n", b"\0" * 5_000, b"ffconcat version 1.0\nfile 'a.mp4'\n"):
        path.write_bytes(content)
        with pytest.raises(ReadError, match=r"^(damaged video, or none|empty file)"):
            read_frames(path, image_size=64)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_file_with_sound_alone_is_skipped(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(SkipSource, match="only sound"):
        read_frames(sound(tmp_path / f"a{suffix}"), image_size=64)


def test_without_the_extra_the_reason_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = video(tmp_path / "a.mp4")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ReadError, match=r"pip install 'nearspace\[video\]'"):
        read_frames(path, image_size=64)


def test_frames_are_items_that_stay_through_copies_another_encoder_and_repairs(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    path = video(folder / "film.mp4")
    assert ingest_folders(home, [folder]).counts()["added"] == 1
    with open_space(home, "test") as space:
        items = space.ledger.items.of_source(str(path))
        assert [item.clock for item in items] == ["0:00", "0:04", "0:08"]
        assert source_label(items[1]) == "folder, at 0:04"
        assert len({space.thumbnail_path(item) for item in items}) == 3
        assert colour_name(open_picture(path, items[2], at_least=48)) == "blue"
        assert finds_every_item(space)
    wanted = ReadingOptions(every=6.0)
    assert ingest_folders(home, [folder], reading=wanted).counts()["updated"] == 1
    assert ingest_folders(home, [folder], reading=wanted).counts()["unchanged"] == 1
    (folder / "copy.mp4").write_bytes(path.read_bytes())
    report = ingest_folders(home, [folder], reading=wanted)
    assert (report.counts()["added"], report.encoded_images) == (1, 0)
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, RetunedEncoder())
        assert done.swapped and not done.missing and done.images == 2
    with open_space(home, "test") as space:
        items = space.ledger.items.of_source(str(folder / "copy.mp4"))
        assert [item.meta["seconds"] for item in items] == [0.0, 6.0]
        expected = RetunedEncoder().encode_images([frame_at(path, 6.0, at_least=128)])
        assert np.allclose(space.ledger.items.vectors_of([items[1].id]), expected, atol=0.02)
        assert finds_every_item(space)
        for item in items:
            space.thumbnail_path(item).unlink()
    assert not check(home, "test").sound
    repair(home, "test")
    assert check(home, "test").sound


@pytest.mark.parametrize(("said", "taken"), [("2018-05-06T07:08:09Z", "2018-05-06"), ("1904-01-01T00:00:00Z", "")])
def test_a_video_says_when_it_was_made_unless_its_file_has_no_date(tmp_path: Path, said: str, taken: str) -> None:
    with av.open(str(video(tmp_path / "a.mp4", ("red",)))) as source, av.open(str(tmp_path / "b.mp4"), "w") as out:
        out.metadata["creation_time"] = said
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    (draft,) = read_frames(tmp_path / "b.mp4", image_size=64).drafts
    assert str(draft.meta.get("taken", ""))[:10] == taken


@pytest.mark.parametrize(("suffix", "muxer"), [(".3gp", "3gp"), (".mpg", "mpeg"), (".mts", "mpegts"), (".wmv", "asf")])
def test_videos_of_older_cameras_are_read(tmp_path: Path, suffix: str, muxer: str) -> None:
    codec = "mpeg1video" if suffix in (".mpg", ".mts") else "mpeg4"
    path = tmp_path / f"a{suffix}"
    with av.open(str(path), "w", format=muxer) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for colour in ("red", "green"):
            for _ in range(50):
                out.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 48), COLOURS[colour]))))
        out.mux(stream.encode())
    assert [colour for _, colour in seen(read_frames(path, image_size=64).drafts)] == ["red", "green"]
