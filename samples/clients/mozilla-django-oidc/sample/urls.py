from django.http import HttpResponse
from django.template import Context, Template
from django.middleware.csrf import get_token
from django.urls import include, path

HOME = Template(
    """{% if user.is_authenticated %}
<p>{{ user.last_name }} {{ user.first_name }}, {{ user.email }}</p>
<form method="post" action="{% url 'oidc_logout' %}">
  <input type="hidden" name="csrfmiddlewaretoken" value="{{ csrf_token }}"><button>Log out</button>
</form>
{% else %}<a href="{% url 'oidc_authentication_init' %}">Sign in</a>{% endif %}"""
)


def home(request):
    return HttpResponse(HOME.render(Context({"user": request.user, "csrf_token": get_token(request)})))


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]
