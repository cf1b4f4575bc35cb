using System.Text.Json;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Mail;

/// <summary>Writes letters into the outbox, for the save of whoever calls, and says what may stand in them.</summary>
internal sealed class Mailing(IOptions<MailOptions> options, Vault vault)
{
    private readonly string root = options.Value.PublicAddress?.TrimEnd('/') ?? "";

    /// <summary>False while no mail server is set up: nothing may be promised by mail then.</summary>
    internal bool IsOn => options.Value.IsOn;

    /// <summary>A page of ours as readers open it.</summary>
    /// <param name="path">From the root.</param>
    internal string AddressOf(string path) => root + path;

    /// <summary>Tells addresses apart without naming them; upper and lower case are one.</summary>
    internal string MarkOf(string address) => vault.MarkOf(address.ToLowerInvariant(), "mail-address")[..32];

    /// <summary>Adds a letter to the outbox; the caller saves. Nothing while mail is off.</summary>
    /// <param name="db">Where the caller saves.</param>
    /// <param name="kind">Module, dot, what it tells of.</param>
    /// <param name="to">An address as <see cref="MailAddress.Parse"/> gave it.</param>
    /// <param name="language"><c>zh-CN</c> or <c>en</c>.</param>
    /// <param name="letter">What it says.</param>
    /// <param name="unsubscribe">Path where one POST ends the subscription; null for none.</param>
    /// <param name="now">When.</param>
    internal void Add(ZhengtongDb db, string kind, string to, string language, Letter letter, string? unsubscribe, DateTimeOffset now)
    {
        if (!IsOn) { return; }
        var id = Guid.CreateVersion7(now);
        var content = new MailContent(to, language, letter.SubjectLine(), letter.ToText(), letter.ToHtml(language), unsubscribe is null ? null : AddressOf(unsubscribe));
        db.OutgoingMails.Add(new OutgoingMail { Id = id, Kind = kind, AddressMark = MarkOf(to), Content = vault.Seal(JsonSerializer.SerializeToUtf8Bytes(content), PurposeOf(id)), At = now, NextAt = now });
    }

    /// <summary>A letter as it was added.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Another master key, or altered bytes.</exception>
    internal MailContent Open(OutgoingMail mail) => JsonSerializer.Deserialize<MailContent>(vault.Open(mail.Content, PurposeOf(mail.Id)))!;

    private static string PurposeOf(Guid mail) => $"mail:{mail}";
}
