namespace Zhengtong.Exchange.Gateway;

/// <summary>接口服务: the provider's service behind an API resource, as the gateway reaches it. Consumers see its codes, never its address.</summary>
internal sealed class ApiService
{
    /// <summary>Codes that X-Road's own services have; no service of a provider may be called so.</summary>
    internal static readonly string[] Reserved = ["listMethods", "allowedMethods", "getOpenAPI", "getWsdl", "getSecurityServerMetrics", "getSecurityServerHealthData", "getSecurityServerOperationalData"];

    internal required Guid Id { get; init; }

    /// <summary>One service a resource.</summary>
    internal required Guid ResourceId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>X-Road subsystem, 1 to 60 characters; together with <see cref="ServiceCode"/> unique within the organisation.</summary>
    internal required string SubsystemCode { get; set; }

    /// <summary>X-Road service code, 1 to 60 characters.</summary>
    internal required string ServiceCode { get; set; }

    /// <summary><see cref="ServiceDoor"/> as JSON, sealed in the vault; never returned, never logged.</summary>
    internal required byte[] Door { get; set; }

    /// <summary>How long the service may stay silent, before its answer and within it: 1 to 600 seconds.</summary>
    internal required int TimeoutSeconds { get; set; }

    /// <summary>False refuses every call.</summary>
    internal bool IsEnabled { get; set; }

    /// <summary>Problem code of the last call that the service failed; null when none did since it was set.</summary>
    internal string? LastFault { get; set; }

    internal DateTimeOffset? LastFaultAt { get; set; }

    internal required DateTimeOffset SetAt { get; set; }

    /// <summary>From 1; grows with each change by its department.</summary>
    internal int Revision { get; set; } = 1;

    /// <summary>What the vault binds the sealed door to.</summary>
    internal static string Purpose(Guid id) => $"api-service:{id}";
}

/// <summary>How the gateway comes in.</summary>
/// <param name="Address">Base address, http or https, without a slash at its end.</param>
/// <param name="Headers">Headers that go with every call, such as an API key.</param>
internal sealed record ServiceDoor(string Address, IReadOnlyList<ServiceHeader> Headers);

/// <summary>信息系统: a consumer's program as the gateway knows it, by at least one of three ways. Without one that fits nobody calls in an organisation's name.</summary>
internal sealed class InformationSystem
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>X-Road subsystem, 1 to 60 characters, unique within the organisation.</summary>
    internal required string SubsystemCode { get; init; }

    /// <summary>What it is, 2 to 60 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>The organisation's API client whose bearer tokens it shows; null for none.</summary>
    internal Guid? ClientId { get; set; }

    /// <summary>SHA-256 of the client certificates it may show: 64 lower-case hex digits each.</summary>
    internal required IReadOnlyList<string> Certificates { get; set; }

    /// <summary>Networks it calls from without further proof, in CIDR form.</summary>
    internal required IReadOnlyList<string> Addresses { get; set; }

    internal required DateTimeOffset SetAt { get; set; }
}

/// <summary>How much of an agreement's calls a day has been given out to processes: reserved before they are used, so that a killed process can lose calls but never double them.</summary>
internal sealed class ApiQuota
{
    internal required Guid AgreementId { get; init; }

    /// <summary>Day in China.</summary>
    internal required DateOnly Day { get; init; }

    internal required long Reserved { get; set; }
}
