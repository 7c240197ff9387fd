from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fetchgram.settings import Settings, SettingsModel, split_list


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)))
def test_a_list_that_is_joined_by_commas_is_split_again(names: list[str]) -> None:
    assert split_list(",".join(names)) == names


def test_every_setting_says_what_it_is() -> None:
    def undescribed(kind: type[SettingsModel], prefix: str) -> list[str]:
        found = []
        for name, field in kind.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, SettingsModel):
                found += undescribed(inner, f"{prefix}{name}.")
            elif not field.description:
                found.append(prefix + name)
        return found

    assert undescribed(Settings, "") == []
