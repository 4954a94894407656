"""What cameras and programs fill in is no caption; what a person wrote is one."""

import pytest

from ingest.readers.caption_filler import without_filler

FILLER = (
    "OLYMPUS DIGITAL CAMERA",
    "OLYMPUS DIGITAL CAMERA         ",
    "SONY DSC",
    "DCIM\\100GOPRO",
    "DCIM\\100GOPRO\\GOPR0412.JPG",
    "DCIM/100MEDIA/DJI_0001.JPG",
    "Default title",
    "KODAK Digital Still Camera",
    "Exif_JPEG_PICTURE",
    "Exif_JPEG_T420",
    "untitled",
    "Untitled-1",
    "[untitled]",
    "Processed with VSCO with a6 preset",
    "Processed with VSCO",
    "Processed With Darkroom",
    "Created by dji camera",
    "Created with GIMP",
    "created with The GIMP",
    "MINOLTA DIGITAL CAMERA",
    "KONICA MINOLTA DIGITAL CAMERA",
    "SAMSUNG",
    "SAMSUNG CSC",
    "NIKON D90",
    "Digital Camera",
    "<Digimax S500 / Kenox S500 / Digimax Cyber 530>",
    "<SAMSUNG DIGITAL CAMERA>",
    "DSC_0042.JPG",
    "DSC_0042",
    "IMG_20200101_120000",
    "IMG-20190704-WA0003",
    "P1010042",
    "100_0001",
    "PXL_20210101_120000123",
    "Screenshot",
    "Screenshot_20200101-101010",
    "2019-07-04 12:33:01",
    "2019:07:04 12:33:01",
    "04.07.2019",
    "July 4, 2019",
    "4 juillet 2019",
    "2019年7月4日",
    "Sat, 12 May 2001 at 5:30 pm",
    "1999",
    "---",
    "...",
    "My beautiful picture",
    "ASCII",
    "image",
    "Unbenannt",
    "無題",
    "Shot on iPhone",
    "Shot on iPhone 12 Pro",
    "LEAD Technologies Inc. V1.01",
    "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90",
    "sunset_final.jpg",
    "hdrpl",
    "cof",
    "Image 12",
    "photo 3",
    "WhatsApp Image 2019-07-04 at 12.33.01",
    "FUJIFILM",
    "RICOH GR",
    "no title",
)
WRITTEN = (
    "A red bird",
    "a camera on a tripod",
    "Canon on the castle wall",
    "Sony headphones on a desk",
    "An old Olympus camera",
    "old digital camera",
    "May in the garden",
    "May",
    "March",
    "cat",
    "Sunday at the beach",
    "Mum, 4 July 2019",
    "Shot on the beach at dawn",
    "Made with love by grandma",
    "Created by Anna",
    "untitled painting by Rothko",
    "The title page of an old book",
    "image of a dog",
    "Screenshot of the settings page",
    "photo of 3 cats",
    "IMG of my dog, 2019",
    "犬が走っている",
    "قطة حمراء",
    "❤️🎂",
    "Sharp knife",
    "Genius at work",
    "Apollo 11",
    "Area 51",
    "Boeing 747",
    "3 dogs",
    "Harbour at dawn",
    "Camera obscura in Edinburgh",
    "Leica M3 beside a lens",
    "Sunset at the beach.jpg",
    "Description of the castle",
    "Kodak Hall in Rochester",
    "Fishing boats leave the old harbour before sunrise",
    "2 Sam 12",
    "Sun",
    "Polaroid of a dog",
    "7",
    "12",
)


@pytest.mark.parametrize("text", FILLER)
def test_filler_of_cameras_and_programs_is_no_caption(text: str) -> None:
    assert without_filler(text) == ""
    assert without_filler(f"  {text.upper()}\n") == ""


@pytest.mark.parametrize("text", WRITTEN)
def test_what_a_person_wrote_stays_as_it_is(text: str) -> None:
    assert without_filler(text) == text


def test_a_long_text_stays_whatever_it_begins_with() -> None:
    text = "OLYMPUS DIGITAL CAMERA. " + "We bought it in Vienna and carried it over the pass. " * 3
    assert without_filler(text) == text
