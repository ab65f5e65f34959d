declare module 'kafkajs-snappy' {
  interface SnappyCodec {
    readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>
    readonly decompress: (bytes: Buffer) => Promise<Buffer>
  }
  const createCodec: () => SnappyCodec
  export = createCodec
}
