// Writes config/common-passwords.txt: common passwords that meet the default password rule.
// Usage: node scripts/make-common-passwords.ts > config/common-passwords.txt
//
// The source is the dictionaries of zxcvbn-ts (MIT licence), which were counted in leaked collections. The list has every password that
// meets the rule, and the most frequent words and Japanese surnames with the endings that people add when a digit is required. Our own
// brands are not in the list, because `checkPassword` refuses them with any number.
import { dictionary as common } from '@zxcvbn-ts/language-common';
import japanese from '@zxcvbn-ts/language-ja';

const MEETS_THE_RULE = /^(?=.*[a-z])(?=.*[0-9])[a-z0-9\-*_!#$%]{8,20}$/;
const WORDS = 400;
const SURNAMES = 200;
const BEHIND_A_WORD = [
  '1',
  '01',
  '11',
  '12',
  '22',
  '77',
  '99',
  '123',
  '321',
  '777',
  '1234',
  '12345',
  '123456',
  '0000',
  '1111',
  '2020',
];
const YEARS = ['2021', '2022', '2023', '2024', '2025', '2026', '2027'];

// Words that occur in Japanese passwords but not in the dictionaries of foreign ones.
const JAPANESE_WORDS = [
  'sakura nippon nihon japan tokyo osaka kyoto nagoya aichi fukuoka sapporo yokohama kobe okinawa',
  'arigato arigatou aishiteru daisuki konnichiwa ohayou himitsu watashi anata tomodachi kazoku sensei',
  'hanshin kyojin tigers giants dragons carp softbank hawks yakult baystars ichiro ohtani shohei',
  'doraemon pikachu totoro naruto onepiece luffy conan gundam mario kirby snoopy kitty anpanman',
  'neko nekoneko inu wanwan usagi kuma tora hikari hoshi sora umi yuki hana momo mikan ringo',
  'densha jitensha honda nissan mazda subaru suzuki daihatsu yamaha kawasaki rakuten docomo yahoo',
  'haruto yuto sota hinata aoi yui rin sakura hiroshi takashi kenji yoko keiko akiko taro hanako',
  'pasuwado pasuwaado pass passwd admin login user test guest abc abcd aaaa qwer asdf zxcv qaz',
].flatMap((row) => row.split(' '));

const dictionary = common['passwords-common'];
const words = dictionary.filter((word) => /^[a-z]{4,16}$/.test(word)).slice(0, WORDS);
const surnames = japanese.dictionary.lastnames.filter((name) => /^[a-z]{3,16}$/.test(name)).slice(0, SURNAMES);

const combined = [...words, ...surnames, ...JAPANESE_WORDS].flatMap((word) =>
  [...BEHIND_A_WORD, ...YEARS].map((digits) => word + digits),
);
const list = [...new Set([...dictionary, ...combined])].filter((password) => MEETS_THE_RULE.test(password));

const header = [
  '# Common passwords that meet the default password rule, one a line, in lower case. A comment begins with "# ".',
  '# Written by scripts/make-common-passwords.ts from the dictionaries of zxcvbn-ts (MIT licence).',
];
process.stdout.write(`${[...header, ...list].join('\n')}\n`);
