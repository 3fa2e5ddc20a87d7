import { expect, test } from 'vitest';
import { Assembler } from '../../../../../src/compile/emit/assembler/assembler.ts';
import { at, R8, R9, R11, R12, R13, RAX, RBP, RBX, RCX, RDI, RSP } from '../../../../../src/compile/emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import
import { Label } from '../../../../../src/compile/emit/assembler/label.ts';

const hex = (write: (a: Assembler) => void) => {
  const a = new Assembler();
  write(a);
  return Buffer.from(a.bytes).toString('hex');
};

/** As GNU's assembler writes them. */
const instructions: [string, (a: Assembler) => void, string][] = [
  ['mov r9, [r11+8]', (a) => a.loadWord(R9, at(R11, 8)), '4d8b4b08'],
  ['mov [r8+16], rax', (a) => a.storeWord(at(R8, 16), RAX), '49894010'],
  ['vpaddd zmm17, zmm2, zmm30', (a) => a.vector('addIntegers', 17, 2, 30), '62816d48fece'],
  ['vpsrld zmm3, zmm20, 16', (a) => a.shiftRight(3, 20, 16), '62b1654872d410'],
  ['vpsrld zmm25, zmm5, 16', (a) => a.shiftRight(25, 5, 16), '62f1354072d510'],
  ['ldtilecfg [rbx+0x1234]', (a) => a.configureTiles(at(RBX, 0x1234)), 'c4e278498334120000'],
  ['tilerelease', (a) => a.releaseTiles(), 'c4e27849c0'],
  ['tilezero tmm3', (a) => a.clearTile(3), 'c4e27b49d8'],
  ['tileloadd tmm5, [r9+r11+3072]', (a) => a.loadTile(5, at(R9, 3072, R11)), 'c4827b4bac19000c0000'],
  ['tileloadd tmm1, [r13+rax]', (a) => a.loadTile(1, at(R13, 0, RAX)), 'c4c27b4b4c0500'],
  ['tilestored [rcx+r8+64], tmm2', (a) => a.storeTile(at(RCX, 64, R8), 2), 'c4a27a4b540140'],
  ['tdpbf16ps tmm1, tmm4, tmm7', (a) => a.multiplyTiles(1, 4, 7), 'c4e2425ccc'],
  ['vmovups zmm17, [rbx+64]', (a) => a.load(17, at(RBX, 64)), '62e17c48104b01'],
  ['vmovups zmm1, [r13]', (a) => a.load(1, at(R13)), '62d17c48104d00'],
  ['vmovups zmm30, [rbx+r12+100]', (a) => a.load(30, at(RBX, 100, R12)), '62217c4810b42364000000'],
  ['vmovups zmm3, [rsp+128]', (a) => a.load(3, at(RSP, 128)), '62f17c48105c2402'],
  ['vmovups zmm3{k1}{z}, [r12]', (a) => a.load(3, at(R12), { mask: 1, zero: true }), '62d17cc9101c24'],
  ['vmovups [rbp+r9]{k2}, zmm22', (a) => a.store(at(RBP, 0, R9), 22, { mask: 2 }), '62a17c4a11740d00'],
  ['vmovups zmm5, zmm29', (a) => a.move(5, 29), '62917c4810ed'],
  ['vbroadcastss zmm9, dword ptr [rdi+12]', (a) => a.broadcast(9, at(RDI, 12)), '62727d48184f03'],
  ['vbroadcastss zmm25, xmm31', (a) => a.broadcast(25, 31), '62027d4818cf'],
  ['vmovss [rbx+4], xmm19', (a) => a.storeFirst(at(RBX, 4), 19), '62e17e08115b01'],
  ['vmovss xmm20, [rbx+rcx+8]', (a) => a.loadFirst(20, at(RBX, 8, RCX)), '62e17e0810640b02'],
  ['vaddps zmm17, zmm2, zmm30', (a) => a.vector('add', 17, 2, 30), '62816c4858ce'],
  [
    'vfmadd231ps zmm31, zmm30, dword ptr [rdi+rax+4]{1to16}',
    (a) => a.vector('fma231', 31, 30, at(RDI, 4, RAX), { broadcast: true }),
    '62620d50b87c0701',
  ],
  ['vfmadd213ps zmm8, zmm16, zmm24', (a) => a.vector('fma213', 8, 16, 24), '62127d40a8c0'],
  [
    'vfnmadd231ps zmm8, zmm16, [rbx+100000]',
    (a) => a.vector('fnma231', 8, 16, at(RBX, 100000)),
    '62727d40bc83a0860100',
  ],
  ['vmaxps zmm1{k3}, zmm17, zmm18', (a) => a.vector('max', 1, 17, 18, { mask: 3 }), '62b174435fca'],
  ['vblendmps zmm1{k4}, zmm2, zmm3', (a) => a.vector('blend', 1, 2, 3, { mask: 4 }), '62f26d4c65cb'],
  ['vscalefps zmm1, zmm2, zmm3', (a) => a.vector('scale', 1, 2, 3), '62f26d482ccb'],
  ['vxorps zmm31, zmm31, zmm31', (a) => a.clear(31), '6201044057ff'],
  ['vsqrtps zmm5, zmm21', (a) => a.single('sqrt', 5, 21), '62b17c4851ed'],
  [
    'vgetexpps zmm5, dword ptr [rbx+4]{1to16}',
    (a) => a.single('exponent', 5, at(RBX, 4), { broadcast: true }),
    '62f27d58426b01',
  ],
  ['vrndscaleps zmm4, zmm20, 0', (a) => a.withByte('round', 4, 0, 20, 0), '62b37d4808e400'],
  ['vshufps zmm4, zmm20, zmm21, 0x44', (a) => a.withByte('shuffle', 4, 20, 21, 0x44), '62b15c40c6e544'],
  [
    'vshuff32x4 zmm4, zmm20, zmm21, 0x88',
    (a) => a.withByte('shuffleBlocks', 4, 20, 21, 0x88),
    '62b35d4023e588',
  ],
  ['vgetmantps zmm1, zmm2, 0xb', (a) => a.withByte('significand', 1, 0, 2, 0x0b), '62f37d4826ca0b'],
  ['vpermilps zmm1, zmm2, 0xb1', (a) => a.withByte('shuffleWithin', 1, 0, 2, 0xb1), '62f37d4804cab1'],
  ['vcmpps k2, zmm20, zmm21, 0x11', (a) => a.compare('less', 2, 20, 21), '62b15c40c2d511'],
  [
    'vcmpps k2{k1}, zmm1, [rbx+128], 3',
    (a) => a.compare('unordered', 2, 1, at(RBX, 128), { mask: 1 }),
    '62f17449c2530203',
  ],
  ['kmovw k1, eax', (a) => a.maskFrom(1, RAX), 'c5f892c8'],
  ['kmovw k3, r9d', (a) => a.maskFrom(3, R9), 'c4c17892d9'],
  ['vzeroupper', (a) => a.clearUpper(), 'c5f877'],
  ['xor r9d, r9d', (a) => a.set(R9, 0), '4531c9'],
  ['mov eax, 123456', (a) => a.set(RAX, 123456), 'b840e20100'],
  ['mov r13, rdi', (a) => a.copy(R13, RDI), '4989fd'],
  ['add r9, -64', (a) => a.addNumber(R9, -64), '4983c1c0'],
  ['add rcx, 100000', (a) => a.addNumber(RCX, 100000), '4881c1a0860100'],
  ['lea rax, [rbx+1048576]', (a) => a.address(RAX, at(RBX, 1 << 20)), '488d8300001000'],
  ['lea r9, [r13+r12]', (a) => a.address(R9, at(R13, 0, R12)), '4f8d4c2500'],
  ['push r12', (a) => a.push(R12), '4154'],
  ['pop rbx', (a) => a.pop(RBX), '5b'],
];

test.each(instructions)('%s', (_, write, bytes) => {
  expect(hex(write)).toBe(bytes);
});

test('jumps reach forwards and backwards', () => {
  const code = hex((a) => {
    const [start, end] = [new Label(), new Label()];
    a.place(start);
    a.jumpNotZero(start);
    a.jumpNotZero(end);
    a.call(end);
    a.jump(start);
    a.place(end);
    a.return();
  });
  expect(code).toBe('0f85faffffff' + '0f850a000000' + 'e805000000' + 'e9eaffffff' + 'c3');
});

test('code may be longer than the room it starts with', () => {
  const a = new Assembler();
  for (let i = 0; i < 20_000; i++) a.vector('add', i % 32, 1, at(RBX, 4 * i));
  expect(a.bytes.length).toBe(a.length);
  expect(a.length).toBeGreaterThan(140_000);
});
