// A website in Go with go-oidc and golang.org/x/oauth2 whose customers sign in with the common ID.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// signIn is a login under way, or, with a token, a person who is signed in.
type signIn struct {
	state, nonce, verifier string
	token                  *oauth2.Token
	idToken                string
	claims                 map[string]any
}

var (
	mutex    sync.Mutex
	sessions = map[string]*signIn{}
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "3999"
	}
	origin := "http://localhost:" + port

	// #region settings
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  origin + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	// #endregion

	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		log.Fatal(err)
	}

	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		session := sessionOf(r)
		if session == nil || session.token == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<a href="/login">Sign in</a>`)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		json.NewEncoder(w).Encode(session.claims)
	})

	http.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		session := &signIn{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
		keep(w, session)
		target := config.AuthCodeURL(session.state, oidc.Nonce(session.nonce), oauth2.S256ChallengeOption(session.verifier))
		http.Redirect(w, r, target, http.StatusSeeOther)
	})

	http.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		session := sessionOf(r)
		if session == nil || session.state == "" || r.URL.Query().Get("state") != session.state {
			http.Error(w, "this login was not started here", http.StatusBadRequest)
			return
		}
		if refused := r.URL.Query().Get("error"); refused != "" {
			http.Error(w, refused, http.StatusForbidden)
			return
		}
		token, err := config.Exchange(ctx, r.URL.Query().Get("code"), oauth2.VerifierOption(session.verifier))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		raw, _ := token.Extra("id_token").(string)
		// Checks signature, iss, aud and exp. The nonce is ours to compare.
		idToken, err := verifier.Verify(ctx, raw)
		if err != nil || idToken.Nonce != session.nonce {
			http.Error(w, fmt.Sprint("the ID token is not valid: ", err), http.StatusBadGateway)
			return
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil || info.Subject != idToken.Subject {
			http.Error(w, fmt.Sprint("UserInfo: ", err), http.StatusBadGateway)
			return
		}
		signedIn := &signIn{token: token, idToken: raw}
		if err := info.Claims(&signedIn.claims); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		// Renews the session's id, because an attacker may know the earlier one.
		keep(w, signedIn)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})

	http.HandleFunc("GET /refresh", func(w http.ResponseWriter, r *http.Request) {
		session := sessionOf(r)
		if session == nil || session.token == nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		// A token source refreshes by itself when the access token has expired. An empty one counts as expired.
		token, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: session.token.RefreshToken}).Token()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		session.token = token
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})

	http.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		query := url.Values{"client_id": {config.ClientID}, "post_logout_redirect_uri": {origin + "/"}}
		if session := sessionOf(r); session != nil && session.idToken != "" {
			query.Set("id_token_hint", session.idToken)
		}
		keep(w, &signIn{})
		http.Redirect(w, r, metadata.EndSession+"?"+query.Encode(), http.StatusSeeOther)
	})

	log.Fatal(http.ListenAndServe("localhost:"+port, nil))
}

func sessionOf(r *http.Request) *signIn {
	cookie, err := r.Cookie("go_oidc_sample")
	if err != nil {
		return nil
	}
	mutex.Lock()
	defer mutex.Unlock()
	return sessions[cookie.Value]
}

func keep(w http.ResponseWriter, session *signIn) {
	id := rand.Text()
	mutex.Lock()
	sessions[id] = session
	mutex.Unlock()
	// In production: Secure.
	http.SetCookie(w, &http.Cookie{Name: "go_oidc_sample", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
