/** What stands for a hybrid signature in examples: of its shape, by a key of this id. */
export function exampleSignature(keyId: string) {
  return {
    algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
    key_id: keyId,
    ed25519: 'AAAA',
    ml_dsa_44: 'AAAA',
  };
}
