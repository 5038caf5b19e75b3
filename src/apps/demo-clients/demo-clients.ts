// The demo client apps: services shown at ④ that a visitor can try. Their client files are in config/clients.

export type DemoClient = {
  /** The client id; also its path below the origin and the key of its texts. */
  id: string;
  /** The scopes it requests. */
  scope: string;
  brand: 'toyota' | 'lexus';
  /** Its client authentication method. */
  authentication: 'private_key_jwt' | 'client_secret_basic';
};

export const DEMO_CLIENTS: readonly DemoClient[] = [
  { id: 'toyota-jp', scope: 'openid profile email', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'gazoo', scope: 'openid profile email offline_access', brand: 'toyota', authentication: 'client_secret_basic' },
  { id: 'my-route', scope: 'openid profile email phone', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'toyota-share', scope: 'openid profile phone address', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'lexus', scope: 'openid profile email', brand: 'lexus', authentication: 'private_key_jwt' },
];
