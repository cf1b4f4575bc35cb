namespace Zhengtong.Catalogue.Model;

/// <summary>共享类型, as in 政务信息资源目录编制指南(试行), 发改高技〔2017〕1272号.</summary>
public enum SharingType
{
    /// <summary>无条件共享.</summary>
    Unconditional,
    /// <summary>有条件共享: the provider confirms each application.</summary>
    Conditional,
    /// <summary>不予共享: needs a law, regulation or state policy named as ground.</summary>
    NotShared,
}

/// <summary>更新周期.</summary>
public enum UpdateCycle
{
    /// <summary>实时.</summary>
    Realtime,
    /// <summary>每日.</summary>
    Daily,
    /// <summary>每周.</summary>
    Weekly,
    /// <summary>每月.</summary>
    Monthly,
    /// <summary>每季度.</summary>
    Quarterly,
    /// <summary>每年.</summary>
    Yearly,
    /// <summary>按需.</summary>
    OnDemand,
}

/// <summary>Where a resource stands.</summary>
public enum ResourceState
{
    /// <summary>已创建: only the provider sees it.</summary>
    Draft,
    /// <summary>已发布: others find it and apply.</summary>
    Published,
    /// <summary>已撤销: no new applications; agreements in force go on.</summary>
    Withdrawn,
}

/// <summary>Type of an information item; how each database writes it is the exchange engine's matter.</summary>
public enum ItemType
{
    /// <summary>Text; length in characters.</summary>
    Text,
    /// <summary>64-bit integer.</summary>
    Integer,
    /// <summary>Exact decimal number, up to 38 digits.</summary>
    Decimal,
    /// <summary>64-bit floating point.</summary>
    Float,
    /// <summary>True or false.</summary>
    Boolean,
    /// <summary>Calendar date.</summary>
    Date,
    /// <summary>Moment in time, microseconds, UTC.</summary>
    Timestamp,
    /// <summary>Bytes.</summary>
    Binary,
}

/// <summary>An information resource 信息资源 that a department catalogues and is responsible for.</summary>
internal sealed class InformationResource
{
    internal required Guid Id { get; init; }

    /// <summary>信息资源代码: classification and sequence; unique on the platform.</summary>
    internal required string Code { get; init; }

    /// <summary>信息资源名称, 2 to 100 characters, unique within the provider.</summary>
    internal required string Name { get; set; }

    /// <summary>信息资源摘要, up to 1,000 characters.</summary>
    internal required string Abstract { get; set; }

    /// <summary>信息资源提供方.</summary>
    internal required Guid ProviderId { get; init; }

    /// <summary>共享方式.</summary>
    internal DeliveryKind Kind { get; set; } = DeliveryKind.Table;

    /// <summary>Operations of the service, in the order of its OpenAPI document; empty unless it is an API.</summary>
    internal IReadOnlyList<ServiceOperation> Operations { get; set; } = [];

    internal required SharingType SharingType { get; set; }

    /// <summary>共享条件; required when conditional, the legal ground when not shared.</summary>
    internal string? SharingCondition { get; set; }

    internal required UpdateCycle UpdateCycle { get; set; }

    internal ResourceState State { get; private set; } = ResourceState.Draft;

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>发布日期.</summary>
    internal DateTimeOffset? PublishedAt { get; private set; }

    /// <summary>From 1; grows with each change; the ETag.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>信息项, in order.</summary>
    internal List<InformationItem> Items { get; init; } = [];

    /// <summary>Rewrites a draft.</summary>
    internal void Revise(
        string name, string @abstract, DeliveryKind kind, IReadOnlyList<ServiceOperation> operations, SharingType sharingType, string? sharingCondition, UpdateCycle updateCycle, List<InformationItem> items)
    {
        Name = name;
        Kind = kind;
        Operations = operations;
        Abstract = @abstract;
        SharingType = sharingType;
        SharingCondition = sharingCondition;
        UpdateCycle = updateCycle;
        Items.Clear();
        Items.AddRange(items);
        Revision++;
    }

    /// <summary>Drafts are the provider's own; whatever was ever published stays readable.</summary>
    internal bool IsVisibleTo(Guid organisation) => State != ResourceState.Draft || ProviderId == organisation;

    /// <summary>Makes it visible to all departments.</summary>
    internal void Publish(DateTimeOffset now)
    {
        State = ResourceState.Published;
        PublishedAt = now;
        Revision++;
    }

    /// <summary>Closes it to new applications.</summary>
    internal void Withdraw()
    {
        State = ResourceState.Withdrawn;
        Revision++;
    }
}

/// <summary>An information item 信息项: one column of a table, or one member of an API's answers.</summary>
internal sealed class InformationItem
{
    internal required Guid Id { get; init; }

    /// <summary>Place in the resource, from 1.</summary>
    internal required int Position { get; init; }

    /// <summary>信息项名称, 1 to 100 characters.</summary>
    internal required string Name { get; init; }

    /// <summary>Column name: a lower-case letter, then letters, digits, underscores; at most 63. Of an API: the path of a JSON member, its names joined by dots,
    /// <c>data.owner.name</c>; elements of arrays need no name.</summary>
    internal required string Column { get; init; }

    internal required ItemType Type { get; init; }

    /// <summary>Most characters or digits; null where the type has none.</summary>
    internal int? Length { get; init; }

    /// <summary>Part of the key by which rows are told apart.</summary>
    internal bool IsKey { get; init; }

    /// <summary>The item's own sharing type, never wider than the resource's.</summary>
    internal required SharingType SharingType { get; init; }

    /// <summary>脱敏: how values are masked before they leave.</summary>
    internal ItemMask Mask { get; init; }

    /// <summary>How many characters stay, or how coarse; null where the mask needs none. 0 to 100.</summary>
    internal int? MaskKeep { get; init; }

    /// <summary>What values are checked against.</summary>
    internal ItemCheck Check { get; init; }

    /// <summary>The allowed values of a code list, at most 1,000; empty otherwise.</summary>
    internal IReadOnlyList<string> Codes { get; init; } = [];
}

/// <summary>The OpenAPI document by which a provider describes a service.</summary>
internal sealed class ServiceDescription
{
    internal required Guid ResourceId { get; init; }

    /// <summary>OpenAPI 3 as JSON, as the provider gave it; at most 1,000,000 characters.</summary>
    internal required string Text { get; set; }
}
