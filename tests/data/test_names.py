"""Names of folders are told apart in any of their usual forms, and in several languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.names import kind_of_level, kind_of_name, part_of


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("train", "train Training TRAIN training_set trainset Train_Alphabet train-images train1"),
        (
            "train",
            "asl_alphabet_train Trainingsdaten entrenamiento entraînement treino 训练集 学習データ",
        ),
        ("valid", "valid val validation Validation_Set dev Validierung validación 検証用"),
        ("test", "test testing TEST test_set testset Test_Alphabet testData eval prueba Testdaten"),
        ("test", "テスト Prüfung test_images test2 测试集"),
    ],
)
def test_parts_in_their_usual_forms(part, names):
    assert {name: part_of(name) for name in names.split()} == {
        name: (part, "") for name in names.split()
    }


def test_what_else_a_part_is_called_is_kept():
    assert part_of("mysigns-train") == ("train", "mysigns")
    assert part_of("bus test") == ("test", "bus")


@pytest.mark.parametrize("name", ["hello", "A", "trainer", "latest", "contest", "strain", "anna"])
def test_other_words_are_no_parts(name):
    assert part_of(name) is None


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("letter", "A b z del SPACE"),
        ("digit", "0 9"),
        ("sign", "hello 01_palm thank_you ThankYou gesture-3 Class_2 hola mañana ありがとう"),
        ("word", "xolo Ñ 02_l"),
        ("number", "00 12 007"),
        ("condition", "left Right_Hand rot90 flipped dark izquierda rechts"),
        ("group", "letters Digits greetings"),
        ("recording", "2024-05-31 20240531 20240531_101512 31.05.2024 10-15-00 1717150512"),
        ("recording", "session2 Take_3 images IMG clip-07 3f2a9bcd12 dQw4w9WgXcQ 12mar2024"),
        ("person", "signer_03 person1 p01 S12 Teilnehmer-3 user-A subject_7 hand2"),
        ("given name", "anna José BEN maria_lopez LukasM さくら"),
    ],
)
def test_kinds_of_names(kind, names):
    found = {name: kind_of_name(name) for name in names.split()}
    assert found == dict.fromkeys(names.split(), kind)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("letter", "a b c 1 2 del space"),
        ("digit", "1 2 3"),
        ("number", "1 2 10"),
        ("condition", "left right"),
        ("sign", "left right up hello"),  # words that are signed as well
        ("given name", "anna ben zoran"),
        ("person", "p1 p2 anna"),
        ("word", "zoran ngozi"),
    ],
)
def test_most_names_decide_what_a_level_is(kind, names):
    assert kind_of_level(names.split()) == kind


@given(st.text(max_size=1024))
def test_any_name_has_a_kind(name):
    assert kind_of_name(name) and kind_of_level([name])
    part_of(name)


def test_a_level_needs_names():
    with pytest.raises(ValueError, match="there are none"):
        kind_of_level([])
