using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Settings of what is ordered from service brokers, section <c>Cloud:Brokers</c>.</summary>
internal sealed class BrokersOptions
{
    /// <summary>Networks (CIDR, between commas) in which no broker may stand. Default: this machine and the link. Brokers inside the government's own networks are allowed.</summary>
    public string ForbiddenNetworks { get; set; } = "0.0.0.0/8,127.0.0.0/8,169.254.0.0/16,::/128,::1/128,fe80::/10";

    /// <summary>How long one call may take to its last byte, in seconds, 1 to 600. Default 60, as the specification advises.</summary>
    [Range(1, 600)]
    public int CallSeconds { get; set; } = 60;

    /// <summary>Most bytes of an answer, 1,000 to 16 MiB. Default 1 MiB.</summary>
    [Range(1_000, 16 << 20)]
    public int AnswerBytes { get; set; } = 1 << 20;

    /// <summary>Most bytes of a catalogue, 1,000 to 64 MiB. Default 8 MiB.</summary>
    [Range(1_000, 64 << 20)]
    public int CatalogueBytes { get; set; } = 8 << 20;

    /// <summary>How often an operation is asked for where the broker does not say, in seconds, 1 to 600. Default 5.</summary>
    [Range(1, 600)]
    public int PollSeconds { get; set; } = 5;

    /// <summary>How long an operation may go on where the plan does not say, in minutes, 1 to 10,080. Default 60.</summary>
    [Range(1, 10_080)]
    public int OperationMinutes { get; set; } = 60;

    /// <summary>How many instances are tried one after another before somebody must decide, 1 to 10. Default 3.</summary>
    [Range(1, 10)]
    public int Attempts { get; set; } = 3;
}

/// <summary>Refuses at start what cannot be meant.</summary>
internal sealed class BrokersOptionsCheck : IValidateOptions<BrokersOptions>
{
    public ValidateOptionsResult Validate(string? name, BrokersOptions options) =>
        AddressGuard.IsList(options.ForbiddenNetworks) ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("Cloud:Brokers:ForbiddenNetworks takes networks such as 10.0.0.0/8 between commas");
}
