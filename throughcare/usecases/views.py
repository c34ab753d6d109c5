"""How people are shown, wherever they are: an id with the name it stands for."""

from typing import Self

from pydantic import BaseModel, ConfigDict

Names = dict[str, str]


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonView(View):
    id: str
    name: str

    @classmethod
    def of(cls, person: str | None, names: Names) -> Self | None:
        return cls(id=person, name=names.get(person, "")) if person else None


class ClientView(View):
    id: str
    name: str
