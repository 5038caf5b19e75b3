// A website with Express and passport-openidconnect whose customers sign in with the common ID.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3999' } = process.env;
const origin = `http://localhost:${PORT}`;

// #region settings
// The strategy does not read the discovery document.
const metadata = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();
passport.use(
  'common-id',
  new OpenIDConnectStrategy(
    {
      issuer: metadata.issuer,
      authorizationURL: metadata.authorization_endpoint,
      tokenURL: metadata.token_endpoint,
      userInfoURL: metadata.userinfo_endpoint,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `${origin}/callback`,
      scope: ['profile', 'email'],
      // Makes the strategy read UserInfo, which has the claims.
      skipUserProfile: false,
    },
    // A function with seven parameters gets the ID token too, for the logout.
    (issuer, profile, context, idToken, accessToken, refreshToken, done) => done(null, { ...profile, idToken }),
  ),
);
// #endregion
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(
  session({
    name: 'passport_sample',
    secret: process.env.SESSION_SECRET ?? 'only-for-development-0123456789abcdef',
    resave: false,
    saveUninitialized: false,
    // In production add `secure: true` and a store of your own.
    cookie: { sameSite: 'lax', httpOnly: true },
  }),
);
app.use(passport.session());

app.get('/', ({ user }, response) => {
  if (!user) return response.send('<a href="/login">Sign in</a>');
  const { id, displayName, name, emails } = user;
  return response.json({ id, displayName, name, emails });
});
app.get('/login', passport.authenticate('common-id'));
app.get('/callback', passport.authenticate('common-id', { successRedirect: '/', failureRedirect: '/' }));

app.get('/logout', (request, response, next) => {
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    post_logout_redirect_uri: `${origin}/`,
    ...(request.user && { id_token_hint: request.user.idToken }),
  });
  request.logout((error) => (error ? next(error) : response.redirect(303, `${metadata.end_session_endpoint}?${query}`)));
});

app.listen(Number(PORT), 'localhost', () => console.log(`Open ${origin}`));
