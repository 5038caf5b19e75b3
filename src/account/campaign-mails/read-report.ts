// Reads a report about a mail that a mail system made: a delivery status notification (RFC 3464) or a complaint (abuse report, RFC 5965).
import PostalMime from 'postal-mime';

export type MailReport = {
  what: 'bounced' | 'complained';
  /** The Message-ID of the mail that the report is about, if it names one. */
  messageId: string | undefined;
};

/** Header fields, unfolded, by lower-case name. A block of them ends at an empty line. */
type Fields = ReadonlyMap<string, string>;

/**
 * Reads the mail with the report.
 * @returns `undefined` if it reports neither a complaint nor a failure for good; a delay and a full mailbox pass
 */
export async function readMailReport(mail: Uint8Array): Promise<MailReport | undefined> {
  const { attachments } = await PostalMime.parse(mail, { forceRfc822Attachments: true });
  const partOf = (...types: string[]): Fields[] => {
    const found = attachments.find(({ mimeType }) => types.includes(mimeType.toLowerCase()));
    return found ? blocksOf(textOf(found.content)) : [];
  };
  const [original] = partOf('message/rfc822', 'text/rfc822-headers', 'message/rfc822-headers', 'message/global');
  const messageId = original?.get('message-id');
  const [feedback] = partOf('message/feedback-report');
  if (feedback) return feedback.get('feedback-type')?.toLowerCase() === 'abuse' ? { what: 'complained', messageId } : undefined;
  const failed = partOf('message/delivery-status', 'message/global-delivery-status').some(isFailureForGood);
  return failed ? { what: 'bounced', messageId } : undefined;
}

/** RFC 3464, sections 2.3.3 and 2.3.4; RFC 3463: class 5 is permanent, and x.2.2 is a full mailbox, which may be emptied. */
function isFailureForGood(fields: Fields): boolean {
  const status = /^5\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0];
  return fields.get('action')?.toLowerCase() === 'failed' && status !== undefined && status !== '5.2.2';
}

function blocksOf(text: string): Fields[] {
  const blocks = text
    .replaceAll('\r\n', '\n')
    .trimStart()
    .split(/\n[ \t]*\n/);
  return blocks.map((block) => {
    const lines = block.replaceAll(/\n[ \t]+/g, ' ').split('\n');
    return new Map(
      lines.flatMap((line) => {
        const colon = line.indexOf(':');
        return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const] : [];
      }),
    );
  });
}

function textOf(content: ArrayBuffer | Uint8Array | string): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}
