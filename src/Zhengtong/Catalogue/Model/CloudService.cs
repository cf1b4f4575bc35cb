namespace Zhengtong.Catalogue.Model;

/// <summary>服务类别 of the top-level design guide (工信信函〔2013〕2号).</summary>
public enum ServiceCategory
{
    /// <summary>基础设施: computing, storage, network, room, disaster recovery.</summary>
    Infrastructure,
    /// <summary>支撑软件: development, test and run environments, common components.</summary>
    SupportSoftware,
    /// <summary>应用功能: common applications.</summary>
    Application,
    /// <summary>信息资源: catalogue and exchange, integration, sharing.</summary>
    InformationResource,
    /// <summary>运行保障.</summary>
    OperationSupport,
    /// <summary>信息安全.</summary>
    InformationSecurity,
}

/// <summary>服务层次.</summary>
public enum ServiceLayer
{
    /// <summary>基础设施即服务.</summary>
    IaaS,
    /// <summary>平台即服务.</summary>
    PaaS,
    /// <summary>软件即服务.</summary>
    SaaS,
}

/// <summary>By what a cloud service is delivered.</summary>
public enum ServiceForm
{
    /// <summary>云主机: an instance at the engine of a pool.</summary>
    Instance,
    /// <summary>云数据库: a database on a managed server.</summary>
    Database,
    /// <summary>网站: a container web system behind the platform's gateway.</summary>
    Site,
    /// <summary>A service instance of a registered service broker.</summary>
    Brokered,
    /// <summary>A service of people: delivered when its provider says so.</summary>
    Attended,
}

/// <summary>Where a version of a cloud service stands.</summary>
public enum ServiceState
{
    /// <summary>编制中: may be changed, cannot be ordered.</summary>
    Draft,
    /// <summary>已发布: may be ordered.</summary>
    Published,
    /// <summary>A newer version is published; orders that name this one go on.</summary>
    Superseded,
    /// <summary>已下架: nothing new under it.</summary>
    Withdrawn,
}

/// <summary>服务水平 that the provider promises.</summary>
/// <param name="Availability">服务可用性 in thousandths of a percent, 0 to 100,000: 99,950 is 99.95 %.</param>
/// <param name="AnswerHours">Hours until a report of a fault is answered, 0 to 720; 0 for at once.</param>
/// <param name="RecoveryHours">Hours until a fault is mended, 0 to 720.</param>
/// <param name="SupportTimes">When people answer, 2 to 100 characters: 7×24.</param>
public sealed record ServiceLevel(int Availability, int AnswerHours, int RecoveryHours, string SupportTimes);

/// <summary>How much of a kind of resource a plan gives: fixed where least and most are the same, else chosen when it is ordered.</summary>
/// <param name="Kind">Code of the kind, such as <c>vcpu</c>.</param>
/// <param name="Least">The least, from 1, in the kind's unit.</param>
/// <param name="Most">The most, from the least.</param>
/// <param name="Step">What is above the least goes in steps of so much, from 1.</param>
public sealed record PlanAmount(string Kind, long Least, long Most, long Step)
{
    /// <summary>True when nothing is to be chosen.</summary>
    internal bool IsFixed => Least == Most;

    /// <summary>True when so much may be ordered.</summary>
    internal bool Allows(long amount) => amount >= Least && amount <= Most && (amount - Least) % Step == 0;
}

/// <summary>规格 of a cloud service.</summary>
/// <param name="Code">Unique within the service and kept from version to version: prices stand under it.</param>
/// <param name="Name">What it is called, 1 to 60 characters.</param>
/// <param name="Amounts">What it gives; empty for a service of people.</param>
/// <param name="Images">What an instance may be made from; empty for other forms.</param>
/// <param name="Meters">By what it is priced: <c>vcpu-hour</c>, <c>one-time</c>.</param>
public sealed record ServicePlan(string Code, string Name, IReadOnlyList<PlanAmount> Amounts, IReadOnlyList<string> Images, IReadOnlyList<string> Meters);

/// <summary>One version of a cloud service 云服务. What is ordered names the version; a published one is never changed.</summary>
internal sealed class CloudService
{
    internal const int LongestCode = 40;

    internal required Guid Id { get; init; }

    /// <summary>服务编码: a lower-case letter or digit, then letters, digits, hyphens, dots; the same for all versions.</summary>
    internal required string Code { get; init; }

    /// <summary>From 1 for each code.</summary>
    internal required int Version { get; init; }

    /// <summary>2 to 100 characters.</summary>
    internal required string Name { get; set; }

    internal required ServiceCategory Category { get; set; }

    internal required ServiceLayer Layer { get; set; }

    /// <summary>服务提供机构.</summary>
    internal required Guid ProviderId { get; init; }

    /// <summary>2 to 1,000 characters.</summary>
    internal required string Summary { get; set; }

    internal required ServiceLevel Level { get; set; }

    internal required ServiceForm Form { get; set; }

    /// <summary>1 to 50.</summary>
    internal required IReadOnlyList<ServicePlan> Plans { get; set; }

    internal ServiceState State { get; private set; } = ServiceState.Draft;

    internal required DateTimeOffset CreatedAt { get; init; }

    internal DateTimeOffset? PublishedAt { get; private set; }

    /// <summary>When it was taken off, or a newer version took its place.</summary>
    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    internal void Publish(DateTimeOffset now) => (State, PublishedAt, Revision) = (ServiceState.Published, now, Revision + 1);

    internal void End(ServiceState state, DateTimeOffset now) => (State, EndedAt, Revision) = (state, now, Revision + 1);
}
