"""Every setting of the console, read from the environment with a checked type.

`docs/settings.md` explains each variable. Without `DATABASE_URL` and `REDIS_URL` the console uses the
stores that `manage.py up` starts below `DATA_DIR`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from csp.constants import NONE, SELF

from smsconsole.embedded.location import embedded_database_url, embedded_redis_url, secret_from_data_dir
from smsconsole.environment import CheckedEnv

env = CheckedEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_from_data_dir(DATA_DIR, "secret-key")
# Encrypts AppKeys and gateway secrets at rest; several, newest first, while a key is being rotated.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [
    secret_from_data_dir(DATA_DIR, "encryption-key")
]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Without looking for other apps' admin modules: `smsconsole.django_admin` names ours.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "django_rq",
    "django_htmx",
    "csp",
    "smsconsole",
    "smsconsole.outbox",
    "accounts",
    "projects",
    "templates_app",
    "delivery",
    "campaigns",
    "notifications",
    "callbacks",
    "api",
    "audit",
    "pgtrigger",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Programs that share the address of the project list; nothing below concerns them.
    "api.tencent_v3.front_door.answer_programs",
    # And those that have addresses of their own.
    "api.front_door.answer_programs",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "smsconsole.lib.headers.permissions_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.ActorMiddleware",
    "accounts.own_language.speak_own_language",
    # Denies first: a page that strangers may see is marked `login_not_required`.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.require_setup",
    "accounts.middleware.RequireTwoFactor",
    "accounts.middleware.note_session_seen",
    # Innermost: it puts the lock-out page in the place of the answer to one failure too many.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "smsconsole.urls"
WSGI_APPLICATION = "smsconsole.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Of all apps' templates only those of Django's admin; ours come first.
        "DIRS": [BASE_DIR / "templates", Path(django.__path__[0]) / "contrib/admin/templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.context.navigation",
                "notifications.context.bell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "projects.templatetags.console",
            ],
        },
    }
]

# --- What `manage.py up` starts -------------------------------------------------------------------------

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
# Whether the first start fills the console with an example; without, it opens at the setup page.
DEMO = env.bool("DEMO", default=True)

# --- Stores ---------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or embedded_database_url(DATA_DIR)
DATABASES = {
    "default": {
        **env.db_url_config(DATABASE_URL),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or embedded_redis_url(DATA_DIR)
CACHES = {
    "default": {
        "BACKEND": "smsconsole.lib.cache.ForgetfulCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
# One queue per worker process: a worker that listens to several can lose a popped job when it is killed.
RQ_QUEUES = {
    name: {
        "URL": REDIS_URL,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "DEFAULT_TIMEOUT": timeout_seconds,
    }
    for name, timeout_seconds in [("default", 300), ("imports", 3600), ("delivery", 300)]
}

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "files")))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Anything larger than this goes to disk while it is received.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- People ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "project-list"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Whether strangers may register an organization of their own.
REGISTRATION_OPEN = env.bool("REGISTRATION_OPEN", default=False)
# Whether admins, reviewers and platform staff need a second factor. An organization can switch off its own rule.
TWO_FACTOR_REQUIRED = env.bool("TWO_FACTOR_REQUIRED", default=True)
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)

# django-allauth: signing in, second factor, sessions. E-mails are confirmed by our own links.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,30/15m/key"}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "SMS Console"
# One step to either side: clocks differ, and people type slowly.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True

# django-axes: five failures for one e-mail from one address lock it out for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "accounts.lockout.email_tried"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "code", "next"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Set behind a TLS proxy; a console on plain http://localhost must work without.
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
# Whether other sites below this name speak https, and belong on the browsers' lists, is not the console's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CSRF_COOKIE_HTTPONLY = True
if env.bool("TRUST_PROXY_HEADERS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# So many proxies of one's own stand in front and append whom they saw to X-Forwarded-For.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Language and time ----------------------------------------------------------------------------------

# Of mails and pages for whom nobody has chosen a language: "en" or "zh-hans".
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["smsconsole.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Audit ----------------------------------------------------------------------------------------------

# The recording triggers belong to the code of today: they are installed after `migrate`, not by migrations.
PGTRIGGER_MIGRATIONS = False
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# --- The console ----------------------------------------------------------------------------------------

# Numbers of this country are domestic, all others international (ISO 3166 code).
HOME_COUNTRY = env.str("HOME_COUNTRY", default="CN")
# How a person proves to be at the keyboard before sending: "challenge" (a picture or its sound) or "mail".
VERIFICATION_BY = env.str("VERIFICATION_BY", default="challenge")
# A scheduled campaign that could not start within this time is held, never sent by surprise.
SCHEDULE_GRACE_SECONDS = env.int("SCHEDULE_GRACE_SECONDS", default=7200)
# A schedule can be cancelled until so long before its time.
SCHEDULE_CANCEL_LEAD_SECONDS = env.int("SCHEDULE_CANCEL_LEAD_SECONDS", default=300)
# A message without a final receipt is closed as expired, reason "no receipt", after this time.
RECEIPT_DEADLINE_SECONDS = env.int("RECEIPT_DEADLINE_SECONDS", default=72 * 3600)
# Days that receipts and events are kept before their daily partition is dropped.
EVENT_RETENTION_DAYS = env.int("EVENT_RETENTION_DAYS", default=90)
# Frequency limits that hold where neither the organization nor the project has its own.
SAME_CONTENT_MAX = env.int("SAME_CONTENT_MAX", default=1)
SAME_CONTENT_SECONDS = env.int("SAME_CONTENT_SECONDS", default=30)
MESSAGES_PER_NUMBER_AND_DAY = env.int("MESSAGES_PER_NUMBER_AND_DAY", default=10)
# International messages a day and project, until an admin sets the project's own cap; 0 means no cap.
INTERNATIONAL_DAILY_CAP = env.int("INTERNATIONAL_DAILY_CAP", default=1000)
# Numbers a project's whitelist holds, and each of its other lists; most lines of a file that is added to one.
WHITELIST_MAX = env.int("WHITELIST_MAX", default=300)
NUMBER_LIST_MAX = env.int("NUMBER_LIST_MAX", default=1_000_000)
NUMBER_LIST_FILE_MAX_ROWS = env.int("NUMBER_LIST_FILE_MAX_ROWS", default=100_000)
# Replies that unsubscribe, besides the words that every console knows (`delivery.unsubscribe_words`).
UNSUBSCRIBE_WORDS = env.list("UNSUBSCRIBE_WORDS", default=[])
# A reply belongs to the newest message to its number through its gateway within this time.
REPLY_MATCH_SECONDS = env.int("REPLY_MATCH_SECONDS", default=72 * 3600)
# Carriers that hand out receipts and replies when asked are asked so often.
POLL_SECONDS = env.int("POLL_SECONDS", default=30)
# A carrier that can be asked about a message is asked when nothing was heard of it for so long.
INQUIRY_AFTER_SECONDS = env.int("INQUIRY_AFTER_SECONDS", default=60)
# Requests a second that one key of a program may make; a key of the native API can be given less.
API_REQUESTS_PER_SECOND = env.int("API_REQUESTS_PER_SECOND", default=1000)
# Rules of texts: characters of a signature without its brackets, of a whole message, of a scenario description.
SIGNATURE_MIN = env.int("SIGNATURE_MIN", default=2)
SIGNATURE_MAX_DOMESTIC = env.int("SIGNATURE_MAX_DOMESTIC", default=12)
SIGNATURE_MAX_INTERNATIONAL = env.int("SIGNATURE_MAX_INTERNATIONAL", default=15)
BODY_MAX = env.int("BODY_MAX", default=500)
SCENARIO_MIN = env.int("SCENARIO_MIN", default=10)
# How many of them a project may have.
SIGNATURES_PER_PROJECT = env.int("SIGNATURES_PER_PROJECT", default=200)
BODY_TEMPLATES_PER_PROJECT = env.int("BODY_TEMPLATES_PER_PROJECT", default=1000)
SENDER_IDS_PER_PROJECT = env.int("SENDER_IDS_PER_PROJECT", default=100)
# When reviewers work, on the clock of the project's zone, and how many of these hours an answer may take.
REVIEW_HOURS = env.working_hours("REVIEW_HOURS", default="Mon-Fri 09:00-21:00, Sat-Sun 09:00-18:00")
REVIEW_SIGNATURE_HOURS = env.float("REVIEW_SIGNATURE_HOURS", default=4.0)
REVIEW_TEMPLATE_HOURS = env.float("REVIEW_TEMPLATE_HOURS", default=2.0)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=200 << 20)
UPLOAD_MAX_ROWS = env.int("UPLOAD_MAX_ROWS", default=1_000_000)
# How long a worker may hold a window before the sweep calls its messages uncertain.
LEASE_SECONDS = env.int("LEASE_SECONDS", default=30)
# An import or fan-out that has shown nothing for so long is gone, and is rung for again.
SILENCE_SECONDS = env.int("SILENCE_SECONDS", default=15)

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="smsconsole@localhost")
# A mail server that hangs must not hang the mails behind it.
EMAIL_TIMEOUT = 10
# Where people reach the pages: what links in mails begin with.
CONSOLE_URL = env.str("CONSOLE_URL", default="").rstrip("/") or f"http://{HOST}:{PORT}"
# At most one alarm of a kind leaves a project in so long; what comes meanwhile is told in one summary.
ALARM_INTERVAL_SECONDS = env.int("ALARM_INTERVAL_SECONDS", default=3600)

# Callbacks go to the public internet by https, to these ports. What else may be called is named: hosts, addresses or
# networks, each with `:port` or `:*` behind it if need be.
CALLBACK_ALLOW_HTTP = env.bool("CALLBACK_ALLOW_HTTP", default=False)
CALLBACK_PORTS = env.ports("CALLBACK_PORTS", default="443,8443")
CALLBACK_ALLOWED_HOSTS = env.allowed_hosts("CALLBACK_ALLOWED_HOSTS")
# Requests that wait for their answers at the same time.
CALLBACK_THREADS = env.int("CALLBACK_THREADS", default=32)
# Days that the log of callbacks and what was fetched are kept.
CALLBACK_RETENTION_DAYS = env.int("CALLBACK_RETENTION_DAYS", default=30)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        # It says a sentence for every sign-in; failures and lock-outs are warnings.
        "axes": {"level": "WARNING"},
        # It names each trigger that it installs.
        "pgtrigger": {"level": "WARNING"},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
