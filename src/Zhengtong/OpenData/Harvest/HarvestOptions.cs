using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Settings of what is fetched from other portals, section <c>OpenData:Harvest</c>.</summary>
internal sealed class HarvestOptions
{
    /// <summary>Networks (CIDR, between commas) to which nothing that other portals name may lead. Default: this machine, private and link-local networks, those behind which such addresses hide,
    /// multicast and reserved ones. A portal inside the government's own network is allowed by a shorter list.</summary>
    public string ForbiddenNetworks { get; set; } =
        "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,192.168.0.0/16,198.18.0.0/15,224.0.0.0/3,::/96,64:ff9b::/96,64:ff9b:1::/48,2001::/32,2002::/16,fc00::/7,fe80::/10,fec0::/10,ff00::/8";

    /// <summary>Most bytes of one page of a catalogue, unpacked; 10,000 to 256 MiB. Default 16 MiB.</summary>
    [Range(10_000, 256 << 20)]
    public int PageBytes { get; set; } = 16 << 20;

    /// <summary>Most datasets of one source, 1 to 1,000,000. Default 100,000.</summary>
    [Range(1, 1_000_000)]
    public int MostDatasets { get; set; } = 100_000;

    /// <summary>Most pages of one run, 1 to 100,000. Default 5,000.</summary>
    [Range(1, 100_000)]
    public int MostPages { get; set; } = 5_000;

    /// <summary>How long one page may take, in seconds; 1 to 600. Default 60.</summary>
    [Range(1, 600)]
    public int PageSeconds { get; set; } = 60;

    /// <summary>How many redirects are followed, each to an address that is allowed; 0 to 10. Default 3.</summary>
    [Range(0, 10)]
    public int Redirects { get; set; } = 3;

    /// <summary>How long a page that could not be had waits for the first repetition, in seconds; each further one waits twice as long. 0 to 3,600. Default 60.</summary>
    [Range(0, 3_600)]
    public int RetrySeconds { get; set; } = 60;

    /// <summary>How often a page is tried before the run fails, 1 to 20. Default 5.</summary>
    [Range(1, 20)]
    public int Attempts { get; set; } = 5;
}

/// <summary>Refuses at start what cannot be meant.</summary>
internal sealed class HarvestOptionsCheck : IValidateOptions<HarvestOptions>
{
    public ValidateOptionsResult Validate(string? name, HarvestOptions options) =>
        AddressGuard.IsList(options.ForbiddenNetworks) ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("OpenData:Harvest:ForbiddenNetworks takes networks such as 10.0.0.0/8 between commas");
}
