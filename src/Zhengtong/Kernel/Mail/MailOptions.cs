using Microsoft.Extensions.Options;

namespace Zhengtong.Kernel.Mail;

/// <summary>How the connection to the mail server is protected.</summary>
public enum MailSecurity
{
    /// <summary>Not at all: for a relay on the same machine only. A user name is never sent over it.</summary>
    None,
    /// <summary>Plain at first, then TLS; a server that does not offer it is refused.</summary>
    StartTls,
    /// <summary>TLS from the first byte.</summary>
    Tls,
}

/// <summary>Configuration section <c>Zhengtong:Mail</c>. Without a host nothing is sent, and pages say so. The password is never logged.</summary>
internal sealed class MailOptions
{
    /// <summary>Name or address of the mail server; null or empty switches mail off. Default: off.</summary>
    public string? Host { get; set; }

    /// <summary>1 to 65535; 0, the default, takes 25 without protection, 587 for StartTls, 465 for Tls.</summary>
    public int Port { get; set; }

    /// <summary>Default StartTls.</summary>
    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>Whom to sign in as; null or empty for no sign-in.</summary>
    public string? User { get; set; }

    /// <summary>The user's password; rather <see cref="PasswordFile"/>.</summary>
    public string? Password { get; set; }

    /// <summary>A file that holds the password and nothing else; read before each batch, so that it can be changed without a restart.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The address that letters come from. Required with a host.</summary>
    public string? From { get; set; }

    /// <summary>The platform's address as readers open it, <c>https://data.example.gov.cn</c>; links in letters begin with it. Required with a host.</summary>
    public string? PublicAddress { get; set; }

    /// <summary>A file of certificates (PEM) that the server's must come from, for an authority of the house's own; null trusts those of the machine.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>Days after which a letter that no server took is given up; 1 to 30, default 5.</summary>
    public int Days { get; set; } = 5;

    /// <summary>Seconds that each step of a delivery may take; 1 to 300, default 30.</summary>
    public int Seconds { get; set; } = 30;

    internal bool IsOn => !string.IsNullOrWhiteSpace(Host);

    internal int EffectivePort => Port > 0 ? Port : Security switch { MailSecurity.None => 25, MailSecurity.Tls => 465, _ => 587 };
}

/// <summary>Refuses half a configuration at start, naming everything that is wrong.</summary>
internal sealed class MailOptionsCheck : IValidateOptions<MailOptions>
{
    public ValidateOptionsResult Validate(string? name, MailOptions options)
    {
        if (!options.IsOn) { return ValidateOptionsResult.Success; }
        var wrong = new List<string>();
        if (MailAddress.Parse(options.From) is null) { wrong.Add("Zhengtong:Mail:From is no mail address"); }
        if (!Uri.TryCreate(options.PublicAddress, UriKind.Absolute, out var root) || root.Scheme is not ("http" or "https") || root.Query.Length > 0 || root.UserInfo.Length > 0) { wrong.Add("Zhengtong:Mail:PublicAddress is no http or https address"); }
        if (options.Port is < 0 or > 65535) { wrong.Add("Zhengtong:Mail:Port is not between 0 and 65535"); }
        if (options.Days is < 1 or > 30) { wrong.Add("Zhengtong:Mail:Days is not between 1 and 30"); }
        if (options.Seconds is < 1 or > 300) { wrong.Add("Zhengtong:Mail:Seconds is not between 1 and 300"); }
        if (!string.IsNullOrEmpty(options.User) && options.Security == MailSecurity.None) { wrong.Add("Zhengtong:Mail:User would be sent in the clear; set Zhengtong:Mail:Security to StartTls or Tls"); }
        if (!string.IsNullOrEmpty(options.User) && string.IsNullOrEmpty(options.Password) && string.IsNullOrEmpty(options.PasswordFile)) { wrong.Add("Zhengtong:Mail:PasswordFile is missing; the user needs it"); }
        if (!string.IsNullOrEmpty(options.PasswordFile) && !File.Exists(options.PasswordFile)) { wrong.Add("Zhengtong:Mail:PasswordFile is not there"); }
        if (!string.IsNullOrEmpty(options.CertificateAuthority) && !File.Exists(options.CertificateAuthority)) { wrong.Add("Zhengtong:Mail:CertificateAuthority is not there"); }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
