"""Names of zips that other computers made come out as they were written, or as a question."""

import struct
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asl.data.archives.zip_names import ENCODINGS, read_names

WORDS = {
    "German": "Grün Schön Tür Fuß Öl Bär Mädchen Straße danke Ü Ä GRÜN Käse Größe müde".split(),
    "Spanish": "Ñ año Ü adiós mañana gracias día niño sí qué cómo pájaro A Á Ó".split(),
    "French": ["été", "ça va", "mère", "où", "à bientôt", "forêt", "Noël", "garçon", "frère"],
    "Portuguese": "não mãe irmão água avô três coração obrigado".split(),
    "Japanese": "ありがとう こんにちは 学校 表 ソ 予定 カタカナ はい 水 お母さん スーパー".split(),
    "Chinese": "你好 谢谢 学校 朋友 爱 水 妈妈 再见".split(),
    "Korean": "안녕하세요 감사합니다 학교 물 ㄱ ㄴ 사랑".split(),
    "Russian": "привет спасибо школа да ещё мама".split(),
}
WRITTEN_IN = {
    "German": ("utf-8", "cp850", "cp437", "cp1252"),
    "Spanish": ("utf-8", "cp850", "cp1252"),
    "French": ("utf-8", "cp850", "cp437", "cp1252"),
    "Portuguese": ("utf-8", "cp850", "cp1252"),
    "Japanese": ("utf-8", "cp932"),
    "Chinese": ("utf-8", "gbk"),
    "Korean": ("utf-8", "cp949"),
    "Russian": ("utf-8", "cp866", "cp1251"),
}
PACKED = [(language, one) for language, written in WRITTEN_IN.items() for one in written]


def member(name: bytes, extra: bytes = b"", flag: int = 0) -> zipfile.ZipInfo:
    """As zipfile lists a member whose name is these bytes."""
    info = zipfile.ZipInfo("x")
    info.orig_filename = name.decode("utf-8" if flag else "cp437")
    info.extra, info.flag_bits = extra, flag
    return info


def unicode_path(name: bytes, said: bytes, version: int = 1) -> bytes:
    field = struct.pack("<BL", version, zlib.crc32(name)) + said
    return struct.pack("<HH", 0x7075, len(field)) + field


def packed(words, encoding, path="signs/{}/foto 1.jpg"):
    return [path.format(word) for word in words], [
        member(path.format(word).encode(encoding)) for word in words
    ]


@pytest.mark.parametrize(("language", "encoding"), PACKED)
def test_signs_of_a_language_are_read_without_a_question(language, encoding):
    names, members = packed(WORDS[language], encoding)
    read = read_names(members)
    if language == "Korean" and encoding == "cp949":
        # As likely Chinese, for who knows neither.
        assert "cp949" in [name for name, _ in read.encodings]
        read = read_names(members, "cp949")
    assert list(read.names) == names
    assert len(read.encodings) == 1 and read.encodings[0][0] == read.encoding


@given(st.data())
def test_a_few_signs_are_read_or_asked_about(data):
    language, encoding = data.draw(st.sampled_from([pair for pair in PACKED if pair[1] != "gbk"]))
    # One Cyrillic letter alone may be anything.
    known = [word for word in WORDS[language] if len(word) > 1 or language != "Russian"]
    words = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    names, members = packed(words, encoding)
    readings = {list(read_names(members).names) == names}
    for other, _ in read_names(members).encodings:
        readings.add(list(read_names(members, other).names) == names)
    assert True in readings


def test_a_question_shows_what_each_encoding_makes_of_the_same_names():
    names, members = packed(["안녕하세요", "학교"], "cp949")
    read = read_names([*members, member(b"signs/A/1.jpg")])
    (first, chinese), (second, korean) = read.encodings
    assert (first, second) == ("gbk", "cp949") and read.encoding == "gbk"
    assert korean == ("안녕하세요", "학교") and len(chinese) == 2
    chosen = read_names(members, "cp949")
    assert list(chosen.names) == names
    assert chosen.encodings == (("cp949", ("안녕하세요", "학교")),)


def test_names_that_say_what_they_are_need_no_guess():
    raw = "signs/Tür/1.jpg".encode("cp850")
    members = [
        member(b"signs/A/1.jpg"),
        member("signs/é/1.jpg".encode(), flag=0x800),
        member(raw, unicode_path(raw, "signs/Tür/1.jpg".encode())),
    ]
    read = read_names(members)
    assert read.names == ("signs/A/1.jpg", "signs/é/1.jpg", "signs/Tür/1.jpg")
    assert (read.encoding, read.encodings) == ("", ())
    assert read_names(members, "cp932") == read


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(unicode_path(b"another name", b"wrong"), id="of another name"),
        pytest.param(unicode_path("Tür".encode("cp850"), b"\xff\xfe"), id="no UTF-8"),
        pytest.param(unicode_path("Tür".encode("cp850"), b"wrong", 2), id="another version"),
        pytest.param(unicode_path("Tür".encode("cp850"), b""), id="empty"),
        pytest.param(struct.pack("<HH", 0x7075, 60_000) + b"\1", id="cut off"),
        pytest.param(b"\x75", id="a byte"),
    ],
)
def test_a_field_that_does_not_fit_is_left_alone(extra):
    assert read_names([member("Tür".encode("cp850"), extra)]).names == ("Tür",)


def test_decomposed_letters_of_macos_are_utf8():
    name = unicodedata.normalize("NFD", "Grün/Ñ/1.jpg")
    assert read_names([member(name.encode())]).names == (name,)


@pytest.mark.parametrize(
    ("name", "encoding", "said"),
    [
        pytest.param(r"signs\A\1.png", "ascii", "signs/A/1.png", id="plain"),
        pytest.param(r"signs\Tür\1.png", "cp850", "signs/Tür/1.png", id="umlaut"),
        pytest.param("signs\\A\\", "ascii", "signs/A/", id="folder"),
        pytest.param(r"signs\A/B\1.png", "ascii", "signs/A/B/1.png", id="mixed"),
        pytest.param(r"学校\ありがとう\1.png", "cp932", "学校/ありがとう/1.png", id="Japanese"),
        pytest.param(r"サイン\表\ソ.png", "cp932", "サイン/表/ソ.png", id="second byte"),
        pytest.param("サイン/表/ソ.png", "cp932", "サイン/表/ソ.png", id="second byte, slashes"),
    ],
)
def test_backslashes_separate_after_decoding(name, encoding, said):
    assert read_names([member(name.encode(encoding))]).names == (said,)


@pytest.mark.parametrize("encoding", ["rot13", "cp0", "", "UTF-8; x", "utf-16"])
def test_an_unknown_encoding_is_refused_with_the_possible_ones(encoding):
    with pytest.raises(ValueError, match="possible are cp850, cp437, cp1252"):
        read_names([member("Tür".encode("cp1252"))], encoding)


def test_an_encoding_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="'utf-8' cannot be that of the names"):
        read_names([member("Tür".encode("cp850"))], "utf-8")


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
@example([b"\x80", b"\xff/\x5c"])
def test_any_bytes_are_read_in_the_encoding_that_is_named(names):
    read = read_names([member(name) for name in names])
    assert len(read.names) == len(names)
    assert read.encoding in ("", *ENCODINGS)
    for encoding, examples in read.encodings:
        again = read_names([member(name) for name in names], encoding)
        assert again.encoding == encoding and examples
