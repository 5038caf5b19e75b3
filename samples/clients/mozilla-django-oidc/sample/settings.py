import os
from pathlib import Path

SECRET_KEY = os.environ.get("SESSION_SECRET", "only-for-development-0123456789abcdef-0123456789abcdef")
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "sample.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent.parent / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# These names differ from those of other apps on localhost.
SESSION_COOKIE_NAME = "django_sample"
CSRF_COOKIE_NAME = "django_sample_csrf"

# #region settings
ISSUER = os.environ["ISSUER"]
AUTHENTICATION_BACKENDS = ["sample.auth.CommonIdBackend"]
OIDC_RP_CLIENT_ID = os.environ["CLIENT_ID"]
OIDC_RP_CLIENT_SECRET = os.environ["CLIENT_SECRET"]
# The library does not read the discovery document.
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{ISSUER}/auth"
OIDC_OP_TOKEN_ENDPOINT = f"{ISSUER}/token"
OIDC_OP_USER_ENDPOINT = f"{ISSUER}/me"
OIDC_OP_JWKS_ENDPOINT = f"{ISSUER}/jwks"
OIDC_RP_SIGN_ALGO = "ES256"
OIDC_RP_SCOPES = "openid profile email"
# The library does neither by default.
OIDC_USE_PKCE = True
OIDC_TOKEN_USE_BASIC_AUTH = True
# To log out of the common ID too.
OIDC_STORE_ID_TOKEN = True
OIDC_OP_LOGOUT_URL_METHOD = "sample.auth.logout_url"
LOGIN_REDIRECT_URL = "/"
# Required: the library reads it before it calls logout_url.
LOGOUT_REDIRECT_URL = "/"
# #endregion
# Refused logins and errors go to standard error.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
