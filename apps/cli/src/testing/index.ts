export { IdentityProvider, PEOPLE_CLIENT_ID } from './identity-provider.ts';
export { visitAs } from './visit-as.ts';
