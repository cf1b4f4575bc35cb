using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>What an organisation is to the platform.</summary>
public enum OrganisationKind
{
    /// <summary>政务部门, provider and consumer.</summary>
    Department,
    /// <summary>信息化主管部门.</summary>
    Authority,
    /// <summary>专业技术服务机构, runs the platform.</summary>
    Operator,
    /// <summary>项目审批部门.</summary>
    ProjectApprover,
    /// <summary>审计.</summary>
    Audit,
}

/// <summary>An organisation on the platform, mostly a department 政务部门.</summary>
internal sealed class Organisation
{
    internal required Guid Id { get; init; }

    internal required CreditCode CreditCode { get; init; }

    /// <summary>Full name, 2 to 200 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>Short name as officials say it, 2 to 40 characters: 省工商局.</summary>
    internal required string ShortName { get; set; }

    internal required RegionCode Region { get; set; }

    internal required OrganisationKind Kind { get; init; }

    /// <summary>The organisation above it, if any.</summary>
    internal Guid? ParentId { get; set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; set; } = 1;

    /// <summary>Another name or another place in the tree.</summary>
    internal void Revise(string name, string shortName, RegionCode region, Guid? parentId) =>
        (Name, ShortName, Region, ParentId, Revision) = (name, shortName, region, parentId, Revision + 1);
}
