from urllib.parse import urlencode

from django.conf import settings
from mozilla_django_oidc.auth import OIDCAuthenticationBackend


class CommonIdBackend(OIDCAuthenticationBackend):
    """Knows people by `sub`, which never changes. The library's default is the mail address, which may."""

    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims):
        return self.update_user(self.UserModel(username=claims["sub"]), claims)

    def update_user(self, user, claims):
        user.email = claims["email"]
        user.first_name = claims.get("given_name", "")
        user.last_name = claims.get("family_name", "")
        user.save()
        return user


def logout_url(request):
    """Where to go after the session here has ended: the common ID asks whether to log out there too."""
    query = {
        "client_id": settings.OIDC_RP_CLIENT_ID,
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri("/"),
    }
    return f"{settings.ISSUER}/session/end?{urlencode(query)}"
