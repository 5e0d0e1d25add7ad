"""Bodies of the routes of users."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from throng.server.api.auth_schemas import Email, Password, PersonRole, Username
from throng.server.api.wire import SHOWN, IdField, Short, Shown, Wire, example

SiteIds = Annotated[list[IdField], Field(max_length=1000)]


class UserNew(Wire):
    """A user to be added."""

    model_config = example(username="ada", name="Ada L.", role="operator", site_ids=[1])

    username: Username
    name: Short = ""
    email: Email = ""
    role: PersonRole
    all_sites: bool = Field(False, description="whether every site is theirs, also those to come")
    site_ids: SiteIds = Field(default_factory=list, description="their sites, where not all are")
    password: Password | None = Field(
        None, description="to be changed at the first log-in; without one the answer shows one that was made up"
    )

    @model_validator(mode="after")
    def _all_or_some(self) -> Self:
        if self.all_sites and self.site_ids:
            raise ValueError("give all_sites or site_ids, not both")
        return self


class UserChange(Wire):
    """What to change of a user; what is left out stays."""

    model_config = example(role="viewer", is_active=True)

    name: Short | None = None
    email: Email | None = None
    role: PersonRole | None = None
    all_sites: bool | None = None
    site_ids: SiteIds | None = Field(None, description="all their sites from now on")
    is_active: bool | None = Field(None, description="false ends everything they have opened, at once")

    @model_validator(mode="after")
    def _all_or_some(self) -> Self:
        if self.all_sites and self.site_ids:
            raise ValueError("give all_sites or site_ids, not both")
        return self


class UserShown(Shown):
    """A user."""

    model_config = example(
        **SHOWN, username="ada", name="Ada L.", email="ada@city.example", role="operator", all_sites=False,
        site_ids=[1], is_active=True, second_factor=True, single_sign_on=False, must_change_password=False,
        locked_until=None, last_login_at="2026-06-01T12:00:00Z",
    )  # fmt: skip

    username: str
    name: str
    email: str
    role: str
    all_sites: bool
    site_ids: list[int] = Field(description="their sites; empty when all are theirs")
    is_active: bool
    second_factor: bool
    single_sign_on: bool = Field(description="whether a provider gives them their role")
    must_change_password: bool
    locked_until: datetime | None = Field(description="until when failed log-ins keep them out")
    last_login_at: datetime | None


class UserAdded(UserShown):
    """A user who was just added."""

    one_time_password: str | None = Field(description="to be told to them; shown only now; null when one was given")


class OneTimePassword(Wire):
    """A password to be told to somebody, who must change it."""

    model_config = example(one_time_password="q7m2x-9dkfa-w3tzb-p8hcn")  # noqa: S106

    one_time_password: str
