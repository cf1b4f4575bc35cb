namespace Zhengtong.Exchange.Gateway;

/// <summary>Settings of the API gateway, section <c>Exchange:Gateway</c> of the configuration.</summary>
internal sealed class GatewayOptions
{
    /// <summary>X-Road instance of this platform: letters, digits and <c>'()+,-.=</c>, such as <c>CN-610000</c>. Must not change once systems call. Default CN.</summary>
    public string Instance { get; set; } = "CN";

    /// <summary>Where this platform is reached from outside, such as <c>https://exchange.example</c>; members' certificates name the place there that says how they stand, and so does
    /// <c>/verificationconf</c>. Default: none in certificates, and in the configuration the address by which it was asked for.</summary>
    public string? Address { get; set; }

    /// <summary>How long services, agreements, systems and tokens are believed without looking again, in milliseconds; so long a suspension may take to hold. Default 1,000.</summary>
    public int StaleMilliseconds { get; set; } = 1000;

    /// <summary>How long a connection to a provider's service may take to come about, in seconds. Default 5.</summary>
    public int ConnectSeconds { get; set; } = 5;

    /// <summary>Most bytes of one name or value in an answer limited to agreed items; so much memory such a call may take. Default 8 MiB.</summary>
    public int LongestTokenBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Bodies up to this many bytes are handed to the evidence beside their digests. Default 64 KiB; 0 keeps none.</summary>
    public int KeepBodyBytes { get; set; } = 64 * 1024;

    /// <summary>After how many calls in a row that got no answer a service rests. Default 5.</summary>
    public int RestAfter { get; set; } = 5;

    /// <summary>How long it rests before one call tries it again, in seconds. Default 10.</summary>
    public int RestSeconds { get; set; } = 10;

    /// <summary>Networks in which no provider's service may stand, separated by commas. Default: this machine and link-local addresses, where the platform's own inner doors are.</summary>
    public string ForbiddenNetworks { get; set; } = "0.0.0.0/8,127.0.0.0/8,169.254.0.0/16,::/128,::1/128,fe80::/10";

    /// <summary>True makes every HTTPS address of this process ask its clients for a certificate, which information systems may then be known by. Browsers ask
    /// their users too, so such a process should have an address of its own. Default false.</summary>
    public bool AskForCertificates { get; set; }
}
