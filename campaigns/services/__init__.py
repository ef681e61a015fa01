"""One function per thing that happens to a campaign."""

from campaigns.services.drafts import (
    DraftChanges,
    copy_campaign,
    create_draft,
    discard_draft,
    proposed_name,
    update_draft,
)
from campaigns.services.forecasts import Preview, make_forecast, previews
from campaigns.services.imports import import_recipients
from campaigns.services.lifecycle import (
    FromShell,
    SendOutcome,
    cancel_campaign,
    confirm_send,
    finish_campaign,
    hold_campaign,
    release_held,
    resume_campaign,
    start_campaign,
    suspend_campaign,
)
from campaigns.services.readiness import Problem, problems_before_sending
from campaigns.services.schedules import (
    cancel_until,
    clear_schedule,
    instant_of,
    reschedule_campaign,
    set_schedule,
)
from campaigns.services.settling import note_reveal, settle_uncertain_messages
from campaigns.services.trials import MAX_TEST_NUMBERS, send_test
from campaigns.services.uploads import (
    FileChoices,
    choose_file_reading,
    current_upload,
    drop_upload,
    local_copy,
    receive_upload,
    remove_upload,
    type_numbers,
)
from campaigns.services.verification import (
    VerificationAnswer,
    is_by_mail,
    issue_verification,
    open_verification,
    picture_of,
    sound_of,
)

__all__ = [
    "MAX_TEST_NUMBERS",
    "DraftChanges",
    "FileChoices",
    "FromShell",
    "Preview",
    "Problem",
    "SendOutcome",
    "VerificationAnswer",
    "cancel_campaign",
    "cancel_until",
    "choose_file_reading",
    "clear_schedule",
    "confirm_send",
    "copy_campaign",
    "create_draft",
    "current_upload",
    "discard_draft",
    "drop_upload",
    "finish_campaign",
    "hold_campaign",
    "import_recipients",
    "instant_of",
    "is_by_mail",
    "issue_verification",
    "local_copy",
    "make_forecast",
    "note_reveal",
    "open_verification",
    "picture_of",
    "previews",
    "problems_before_sending",
    "proposed_name",
    "receive_upload",
    "release_held",
    "remove_upload",
    "reschedule_campaign",
    "resume_campaign",
    "send_test",
    "set_schedule",
    "settle_uncertain_messages",
    "sound_of",
    "start_campaign",
    "suspend_campaign",
    "type_numbers",
    "update_draft",
]
