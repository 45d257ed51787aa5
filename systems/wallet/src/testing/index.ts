export { TestAuthority } from './test-authority.ts';
