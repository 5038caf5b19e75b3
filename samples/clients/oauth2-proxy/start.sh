#!/bin/sh
# Starts oauth2-proxy with what differs between installations.
export OAUTH2_PROXY_OIDC_ISSUER_URL="$ISSUER"
export OAUTH2_PROXY_CLIENT_ID="$CLIENT_ID"
export OAUTH2_PROXY_CLIENT_SECRET="$CLIENT_SECRET"
export OAUTH2_PROXY_HTTP_ADDRESS="localhost:${PORT:-3999}"
export OAUTH2_PROXY_REDIRECT_URL="http://localhost:${PORT:-3999}/oauth2/callback"
# Where /oauth2/sign_out?rd=… may lead: to the common ID's logout.
export OAUTH2_PROXY_WHITELIST_DOMAINS="${ISSUER#*://}"
# 32 bytes. In production keep one value, the same for all processes.
export OAUTH2_PROXY_COOKIE_SECRET="${COOKIE_SECRET:-$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')}"
exec ./bin/oauth2-proxy --config oauth2-proxy.cfg
