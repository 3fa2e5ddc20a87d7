/** @file The table of data sets: files, where their authors publish them, and the checksums that identify them. */
import { InputError } from '../../src/errors.ts';

export interface DataFile {
  name: string;
  url: string;
  /** MD5 of the file, in hexadecimal: the checksum Omniglot's users publish. It guards against accidents only. */
  md5: string;
  /** Size in bytes, where known. */
  bytes?: number;
  /** True for a file that the task's defaults do not need. */
  optional?: true;
}

export interface DataSet {
  name: string;
  /** One line for people. */
  about: string;
  files: DataFile[];
}

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
