/** @file The table of data sets: files, where their authors publish them, and the checksums that identify them. */
import { InputError } from '../../src/errors.ts';

export interface DataFile {
  name: string;
  url: string;
  /** MD5 of the file, in hexadecimal: the checksum Omniglot's users publish. It guards against accidents only. */
  md5: string;
  /** Size in bytes, where known. */
  bytes?: number;
  /** True for a file that the task does without where a user's folder lacks it. */
  optional?: true;
  /**
   * For an archive: the folder in it, and the files in that folder. In a user's folder they may stand instead of the
   * archive, unpacked. Their authors publish no checksums of them, so their format alone is checked.
   */
  unpacked?: { folder: string; files: string[] };
}

export interface DataSet {
  name: string;
  /** One line for people. */
  about: string;
  files: DataFile[];
}

/** The copy that torchvision downloads from: the authors' own page no longer serves the files. */
const MNIST = 'https://ossci-datasets.s3.amazonaws.com/mnist';
const OMNIGLOT = 'https://github.com/brendenlake/omniglot/raw/master/python';

export const DATA_SETS: DataSet[] = [
  {
    name: 'omniglot',
    about: 'handwritten characters of 50 alphabets, 20 drawings each (Lake, Salakhutdinov, Tenenbaum 2015)',
    files: [
      {
        name: 'images_background_small1.zip',
        url: `${OMNIGLOT}/images_background_small1.zip`,
        md5: 'e704a628b5459e08445c13499850abc4',
        bytes: 1319022,
      },
      {
        name: 'images_background_small2.zip',
        url: `${OMNIGLOT}/images_background_small2.zip`,
        md5: 'b75a71a51d3b13f821f212756fe481fd',
        bytes: 1580917,
      },
      {
        name: 'images_background.zip',
        url: `${OMNIGLOT}/images_background.zip`,
        md5: '68d2efa1b9178cc56df9314c21c6e718',
        optional: true,
      },
      {
        name: 'images_evaluation.zip',
        url: `${OMNIGLOT}/images_evaluation.zip`,
        md5: '6b91aef0f799c5bb55b94e3f2daec811',
        optional: true,
      },
    ],
  },
  {
    name: 'mnist',
    about: '70,000 handwritten digits, 28 x 28 grey values (LeCun, Cortes, Burges 1998)',
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        url: `${MNIST}/train-images-idx3-ubyte.gz`,
        md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
        bytes: 9912422,
        optional: true,
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        url: `${MNIST}/t10k-images-idx3-ubyte.gz`,
        md5: '9fb629c4189551a2d022fa330f9573f3',
        bytes: 1648877,
      },
    ],
  },
  {
    name: 'cifar10',
    about: '60,000 photographs of 10 kinds of things, 32 x 32 in colour (Krizhevsky 2009)',
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        bytes: 170052171,
        unpacked: {
          folder: 'cifar-10-batches-bin',
          files: [...[1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`), 'test_batch.bin'],
        },
      },
    ],
  },
];

/** The data set of a name. Throws InputError listing those there are. */
export function dataSet(name: string, sets = DATA_SETS): DataSet {
  const set = sets.find((candidate) => candidate.name === name);
  if (!set) {
    throw new InputError(`unknown data set "${name}"; there are ${sets.map((s) => s.name).join(', ')}`);
  }
  return set;
}

/** The file of a name in a set. Throws InputError listing those there are. */
export function fileOf(set: DataSet, name: string): DataFile {
  const file = set.files.find((candidate) => candidate.name === name);
  if (!file) {
    const names = set.files.map((f) => f.name).join(', ');
    throw new InputError(`data set ${set.name} has no file "${name}"; there are ${names}`);
  }
  return file;
}
