// The events of the ledger in words, for the timeline. `{{name}}` is a value of the event's data. The compiler asks for words for every event.
import type { LedgerEventType } from '../domain/ledger-events.ts';
import type { Language } from '../language.ts';

type Words = Record<Language, string>;
const words = (ja: string, en: string): Words => ({ ja, en });
const byOperator = (ja: string, en: string): Words =>
  words(`${ja}（担当：{{operator}}、理由：{{reason}}）`, `${en} (by {{operator}}: {{reason}})`);

export const EVENT_WORDS: Record<LedgerEventType, Words> = {
  'account.created': words('共通IDを取得した（規約 {{terms}}）', 'The ID was registered (terms {{terms}})'),
  'account.signed_in': words('{{client_id}} でログインした（{{method}}）', 'Signed in at {{client_id}} ({{method}})'),
  'account.signed_in_after_failures': words(
    '{{failures}}回失敗したあとにログインした',
    'Signed in after {{failures}} failed attempts',
  ),
  'account.password_changed': words('パスワードを変更した', 'Changed the password'),
  'account.password_reset': words('メールの認証番号で、パスワードを再設定した', 'Set a new password with the code from a mail'),
  'account.password_rehashed': words(
    'パスワードの保存方法を更新した（お客様の操作ではない）',
    'The password was stored in a newer way (nothing that the person did)',
  ),
  'account.profile_changed': words('お客様情報を変更した', 'Changed the profile'),
  'account.profile_confirmed': words(
    '{{client_id}} のために、お客様情報を確認した（{{claims}}）',
    'Confirmed the profile for {{client_id}} ({{claims}})',
  ),
  'account.terms_agreed': words('規約 {{version}} に同意した', 'Agreed to the terms {{version}}'),
  'account.sessions_ended': words('ほかのブラウザーからログアウトした', 'Signed out of the other browsers'),
  'account.sign_in_reported': words(
    '心当たりのないログインを、メールのリンクで終了した',
    'Ended a sign-in of somebody else with the link in the mail',
  ),
  'account.email_change_asked': words('メールアドレスの変更を申し込んだ', 'Asked for another address'),
  'account.email_changed': words('メールアドレスを変更した', 'Changed the address'),
  'account.email_change_undone': words(
    'メールアドレスの変更を、前のアドレスへのメールで取り消した',
    'Undid the change of address with the mail to the old one',
  ),
  'account.lost_mailbox_asked': words(
    'メールを受け取れない方の申し込みがあった（受付番号 {{request}}）',
    'Somebody who cannot read the mailbox asked for another address (request {{request}})',
  ),
  'account.lost_mailbox_seen': byOperator('申し込み {{request}} を見た', 'An operator looked at the request {{request}}'),
  'account.lost_mailbox_approved': byOperator('申し込み {{request}} を承認した', 'An operator approved the request {{request}}'),
  'account.lost_mailbox_refused': byOperator('申し込み {{request}} を断った', 'An operator refused the request {{request}}'),
  'account.lost_mailbox_stopped': words(
    '申し込み {{request}} が中止された（{{by}}）',
    'The request {{request}} was stopped ({{by}})',
  ),
  'account.lost_mailbox_overtaken': words(
    '申し込み {{request}} は、その後のログインや変更により終わった',
    'The request {{request}} was dropped, because of a later sign-in or change',
  ),
  'account.lost_mailbox_expired': words(
    '申し込み {{request}} は、承認されないまま期限が過ぎた',
    'Nobody approved the request {{request}} in time',
  ),
  'account.lost_mailbox_changed': words(
    '申し込み {{request}} により、メールアドレスを変更した',
    'The address was changed by the request {{request}}',
  ),
  'account.login_number_asked': words('携帯電話番号でのログインを申し込んだ', 'Asked for a mobile number to sign in with'),
  'account.login_number_proven': words(
    '別のIDが使っている携帯電話番号を確認した',
    'Proved a mobile number that another ID still had',
  ),
  'account.login_number_on': words('携帯電話番号でのログインをオンにした', 'The sign-in with a mobile number was switched on'),
  'account.login_number_off': words('携帯電話番号でのログインをオフにした', 'The sign-in with a mobile number was switched off'),
  'account.login_number_moved': words(
    '別の方が番号を確認したため、携帯電話番号でのログインが終わった',
    'Another person proved the number, so the sign-in with it ended',
  ),
  'account.login_number_given_up': words(
    '別の方が後から番号を確認したため、番号の申し込みが終わった',
    'The wish for a number ended, because another person proved it later',
  ),
  'account.login_number_used': words('携帯電話番号でログインした', 'Signed in with the mobile number'),
  'account.passkey_added': words('パスキーを登録した', 'Added a passkey'),
  'account.passkey_renamed': words('パスキーの名前を変更した', 'Renamed a passkey'),
  'account.passkey_removed': words('パスキーを削除した', 'Removed a passkey'),
  'account.passkey_used': words('パスキーで本人を確認した', 'A passkey proved the person'),
  'account.passkey_counter_back': words(
    'パスキーの使用回数が戻った（複製のおそれ）',
    'The counter of a passkey went back: there may be a copy',
  ),
  'account.second_factor_added': words('2段階認証をオンにした', 'Switched the second factor on'),
  'account.second_factor_removed': words('2段階認証をオフにした', 'Switched the second factor off'),
  'account.second_factor_used': words('2段階認証の番号で本人を確認した', 'A code of the app proved the person'),
  'account.recovery_code_used': words('回復コードで本人を確認した', 'A recovery code proved the person'),
  'account.recovery_codes_renewed': words('回復コードを新しくした', 'Made new recovery codes'),
  'account.second_factor_removal_asked': words(
    '2段階認証の解除を申し込んだ（24時間後に解除）',
    'Asked to remove the lost second factor, which takes 24 hours',
  ),
  'account.second_factor_removal_ordered': byOperator(
    '2段階認証の解除を申し込んだ（24時間後に解除）',
    'An operator asked to remove the lost second factor, which takes 24 hours',
  ),
  'account.second_factor_removal_stopped': words('2段階認証の解除が中止された', 'The removal of the second factor was stopped'),
  'account.second_factor_lost': words(
    '待ち時間が終わり、2段階認証を解除した',
    'The waiting time was over, and the second factor was removed',
  ),
  'account.withdrawn': words('退会した', 'Closed the ID'),
  'account.withdrawal_taken_back': words('退会を取り消した', 'Reopened the ID'),
  'account.erasure_began': words('情報の削除を始めた', 'The erasure began'),
  'account.erased': words('情報を削除した', 'The ID was erased'),
  'account.looked_at': byOperator('IDを見た：{{what}}', 'An operator looked at the ID: {{what}}'),
  'account.unmasked': byOperator('アドレスや番号をすべて見た', 'An operator saw addresses and numbers in full'),
  'account.exported': byOperator('お客様の情報の写しを作った', 'An operator made a copy of the person’s data'),
  'account.limits_lifted': byOperator('ログインなどの一時停止を解除した', 'An operator ended the pauses after too many tries'),
  'account.sign_ins_ended': byOperator('すべてのログインを終了した', 'An operator ended every sign-in'),
  'account.disabled': byOperator('IDの利用を停止した', 'An operator disabled the ID'),
  'account.enabled': byOperator('IDの利用を再開した', 'An operator enabled the ID again'),
  'account.erasure_ordered': byOperator('IDの削除を指示した', 'An operator ordered the erasure of the ID'),
  'wave.changed': byOperator('移行のご案内を変更した（{{change}}）', 'An operator changed a wave of the campaign: {{change}}'),
  'job.retried': byOperator('処理 {{kind}} をやり直した', 'An operator restarted a job: {{kind}}'),
  'job.dropped': byOperator('処理 {{kind}} を取り除いた', 'An operator removed a job: {{kind}}'),
  'campaign.looked_at': byOperator(
    '移行の対象者の一覧（{{what}}）を見た',
    'An operator looked at the list of legacy users: {{what}}',
  ),
  'client.consented': words(
    '{{client_id}} への提供に同意した（{{scopes}} {{claims}}）',
    'Allowed {{client_id}} to get data ({{scopes}} {{claims}})',
  ),
  'client.grant_ended': words('{{client_id}} との連携が終わった', 'The consent for {{client_id}} ended'),
  'session.ended': words('ログアウトした', 'A session ended'),
  'dealer_link.consented': words('販売店 {{dealer}} との連携に同意した', 'Agreed to the link with the dealer {{dealer}}'),
  'dealer_link.accepted': words('販売店 {{dealer}} が連携を受け付けた', 'The dealer {{dealer}} accepted the link'),
  'dealer_link.failed': words(
    '販売店 {{dealer}} が時間内に応答しなかった',
    'The dealer {{dealer}} did not accept the link in time',
  ),
  'dealer_link.retried': words('販売店 {{dealer}} との連携をやり直した', 'Tried the link with the dealer {{dealer}} again'),
  'dealer_link.withdrawn': words('販売店 {{dealer}} との連携を解除した', 'Ended the link with the dealer {{dealer}}'),
  'dealer_link.erased': words('販売店 {{dealer}} との連携を削除した', 'The link with the dealer {{dealer}} was erased'),
  'migration.started': words('旧サイトから初めて引き継がれた', 'The legacy site handed the person over for the first time'),
  'migration.profile_updated': words(
    '旧サイトから、別の内容で引き継がれた',
    'The legacy site handed the person over again, with other data',
  ),
  'migration.proposed': words(
    '移行の最後の画面まで進んだ（サイトへの到着待ち）',
    'Came to the last page of the migration; it waits for the person’s arrival at the site',
  ),
  'migration.completed': words('移行が完了した', 'The migration is complete'),
  'migration.undone': words('移行を、メールのリンクで取り消した', 'The migration was undone with the link in the mail'),
  'migration.withdrawn': words('退会により、移行が解除された', 'The migration ended with the ID'),
};
