using System.Globalization;
using MimeKit;

namespace Zhengtong.Kernel.Mail;

/// <summary>Mail addresses as people type them. What passes is one bare address in ASCII (RFC 5321: 64 characters before the at, 254 in all): nothing of it can become a second address or a header.</summary>
internal static class MailAddress
{
    /// <summary>Most characters of an address.</summary>
    internal const int Most = 254;

    private static readonly ParserOptions Strict = new() { AddressParserComplianceMode = RfcComplianceMode.Strict, AllowAddressesWithoutDomain = false, AllowUnquotedCommasInAddresses = false };

    /// <summary>The address without outer white space, its domain in lower-case ASCII; null for what is none.</summary>
    internal static string? Parse(string? typed)
    {
        if (typed?.Trim() is not { Length: >= 3 and <= Most } address || address.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))) { return null; }
        if (!MailboxAddress.TryParse(Strict, address, out var mailbox) || !string.IsNullOrEmpty(mailbox.Name) || mailbox.Route.Count > 0 || mailbox.Address != address) { return null; }
        var at = address.LastIndexOf('@');
        var (local, domain) = (address[..at], address[(at + 1)..]);
        if (local.Length is 0 or > 64 || !local.All(char.IsAscii) || !domain.Contains('.', StringComparison.Ordinal)) { return null; }
        try { domain = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(domain).ToLowerInvariant(); }
        catch (ArgumentException) { return null; }
        return domain.Length + local.Length + 1 <= Most ? $"{local}@{domain}" : null;
    }
}
