"""What administrators set while the server runs. Each field of `Options` is one row of the table `settings`."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store import settings
from throng.store.errors import StoreError

Days = Annotated[int, Field(ge=1, le=36_500)]
Threshold = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Retention(_Section):
    """How many days everything is kept; then it is erased."""

    readings_days: Days = Field(default=30, description="raw readings and crossings")
    minutes_days: Days = Field(default=400, description="roll-ups of a minute")
    hours_days: Days = Field(default=3650, description="roll-ups of an hour")
    density_days: Days = Field(default=7, description="density pictures")
    events_days: Days = Field(default=400, description="behaviour events")
    manual_counts_days: Days = Field(default=3650, description="counts by hand")
    alerts_days: Days = Field(default=1825, description="resolved alerts, with who was told")
    recordings_days: Days = Field(default=3, description="recorded video")
    clips_days: Days = Field(default=30, description="clips of alerts, and those that somebody cut out")
    uploads_days: Days = Field(default=7, description="uploaded videos and their results")
    audit_days: Days = Field(default=1825, description="the audit log")


class Privacy(_Section):
    """What may be stored of pictures."""

    record_video: bool = Field(default=False, description="whether video may be recorded at all")
    keep_clips: bool = Field(default=False, description="whether clips of alerts may be kept")
    blur_pictures: bool = Field(default=False, description="whether pictures leave the server only with people blurred")


class Options(_Section):
    """All settings; what nobody has set has its default."""

    retention: Retention = Retention()
    privacy: Privacy = Privacy()
    require_totp: Annotated[tuple[Literal["viewer", "operator", "admin"], ...], Field(max_length=3)] = Field(
        default=(), description="roles that must have a second factor"
    )
    thresholds_per_m2: tuple[Threshold, Threshold, Threshold] | None = Field(
        default=None, description="rising people/m² for new zones that bring none; null for those of the risk profile"
    )

    @model_validator(mode="after")
    def _thresholds_rise(self) -> Self:
        wanted = self.thresholds_per_m2
        if wanted is not None and not wanted[0] < wanted[1] < wanted[2]:
            raise ValueError(f"thresholds_per_m2 must rise from caution to warning to critical, got {list(wanted)}")
        return self


async def load_options(session: AsyncSession) -> Options:
    """Return the settings.

    Raises:
        StoreError: a stored setting is none that this version knows.
    """
    try:
        return Options.model_validate(await settings.load(session))
    except ValidationError as error:
        raise StoreError(f"a stored setting is not understood: {error.errors()[0]['loc']}; set it again") from error


async def save_options(session: AsyncSession, options: Options) -> None:
    """Keep the settings."""
    await settings.save(session, options.model_dump(mode="json"))
