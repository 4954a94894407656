"""An encoder whose vectors cannot be compared with the fake encoder's."""

from dataclasses import replace

from ingest.encoders.base import EncoderInfo
from tests.fake_encoder import FakeEncoder


class OtherEncoder(FakeEncoder):
    """The fake encoder under another name and fingerprint."""

    @property
    def info(self) -> EncoderInfo:
        return replace(super().info, id="python:tests.other_encoder:OtherEncoder", fingerprint="other-1")
