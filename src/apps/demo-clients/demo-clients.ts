// The client apps of the demonstration: services of ④ that a visitor can try. Their files are in config/clients.

export type DemoClient = {
  /** The client id, the path below the origin, and the name of its texts. */
  id: string;
  /** What it asks for. */
  scope: string;
  brand: 'toyota' | 'lexus';
  /** How it proves who it is. */
  authentication: 'private_key_jwt' | 'client_secret_basic';
};

export const DEMO_CLIENTS: readonly DemoClient[] = [
  { id: 'toyota-jp', scope: 'openid profile email', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'gazoo', scope: 'openid profile email offline_access', brand: 'toyota', authentication: 'client_secret_basic' },
  { id: 'my-route', scope: 'openid profile email phone', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'toyota-share', scope: 'openid profile phone address', brand: 'toyota', authentication: 'private_key_jwt' },
  { id: 'lexus', scope: 'openid profile email', brand: 'lexus', authentication: 'private_key_jwt' },
];
