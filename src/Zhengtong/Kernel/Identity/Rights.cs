using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Kernel.Identity;

/// <summary>What a post makes of its holder.</summary>
public enum Role
{
    /// <summary>平台运行人员 of the technical service body.</summary>
    PlatformOperator,
    /// <summary>主管部门 officer.</summary>
    Authority,
    /// <summary>部门经办人.</summary>
    DepartmentOfficer,
    /// <summary>部门负责人.</summary>
    DepartmentLeader,
    /// <summary>项目审批人.</summary>
    ProjectApprover,
    /// <summary>审计人员.</summary>
    Auditor,
    /// <summary>系统管理员, one of the three separated administrators: makes accounts.</summary>
    SystemAdministrator,
    /// <summary>安全管理员, one of the three: grants posts.</summary>
    SecurityAdministrator,
    /// <summary>审计管理员, one of the three: reads the ledger.</summary>
    AuditAdministrator,
}

/// <summary>One thing that may be allowed.</summary>
public enum Right
{
    /// <summary>Read catalogue, agreements and deliveries of the own organisation.</summary>
    ReadWork,
    /// <summary>Register and publish information resources of the own organisation.</summary>
    Catalogue,
    /// <summary>Apply for resources of others.</summary>
    Apply,
    /// <summary>Confirm or refuse applications of others.</summary>
    Confirm,
    /// <summary>Seal, suspend and revoke agreements for the own organisation.</summary>
    Seal,
    /// <summary>Set up front-end nodes and see deliveries.</summary>
    OperateExchange,
    /// <summary>Register organisations and regions.</summary>
    ManageOrganisations,
    /// <summary>Make, lock and unlock accounts.</summary>
    ManageAccounts,
    /// <summary>See accounts, their posts and API clients.</summary>
    ReadAccounts,
    /// <summary>Grant and withdraw posts and scopes.</summary>
    GrantPosts,
    /// <summary>Read the whole ledger with its proofs.</summary>
    ReadLedger,
    /// <summary>Extend the working-day calendar.</summary>
    ManageCalendar,
    /// <summary>See the platform's own state: health, jobs, indicators.</summary>
    Operate,
    /// <summary>See the front-end nodes of all departments: how they are, and nothing of what they carry.</summary>
    SeeNodes,
    /// <summary>Prepare and propose datasets of the own organisation.</summary>
    OpenData,
    /// <summary>Examine privacy and security of what a colleague proposes to open.</summary>
    ExamineOpening,
    /// <summary>Approve that the own organisation opens a dataset.</summary>
    ApproveOpening,
    /// <summary>Look after the open data portal as a whole: sources that are harvested, and what does not fit together.</summary>
    ManagePortal,
    /// <summary>Say how much of the common cloud regions, departments and projects in reach may hold.</summary>
    ManageQuotas,
    /// <summary>Register resource pools and hosts, and keep their counters right.</summary>
    ManagePools,
    /// <summary>See resource pools, hosts and why something stands where it stands.</summary>
    SeePools,
    /// <summary>Describe cloud services of the own organisation.</summary>
    DraftCloudServices,
    /// <summary>Publish and withdraw cloud services, and set their prices.</summary>
    PublishCloudServices,
    /// <summary>Grant or refuse orders of cloud services, where no review chain does.</summary>
    DecideCloudOrders,
}

/// <summary>Which role may do what; of the three administrators each reads accounts, and none holds a right of the other two (三员分立).</summary>
internal static class Rights
{
    internal static readonly IReadOnlyDictionary<Role, Right[]> Of = new Dictionary<Role, Right[]>
    {
        [Role.PlatformOperator] = [Right.Operate, Right.OperateExchange, Right.ReadWork, Right.SeeNodes, Right.ManagePortal, Right.ManagePools, Right.SeePools, Right.DraftCloudServices, Right.DecideCloudOrders],
        [Role.Authority] = [Right.ReadWork, Right.ManageOrganisations, Right.ManageCalendar, Right.ManagePortal, Right.ManageQuotas, Right.SeePools, Right.PublishCloudServices, Right.DecideCloudOrders],
        [Role.DepartmentOfficer] = [Right.ReadWork, Right.Catalogue, Right.Apply, Right.Confirm, Right.OperateExchange, Right.OpenData, Right.ExamineOpening],
        [Role.DepartmentLeader] = [Right.ReadWork, Right.Confirm, Right.Seal, Right.ApproveOpening],
        [Role.ProjectApprover] = [Right.ReadWork],
        [Role.Auditor] = [Right.ReadLedger, Right.SeeNodes],
        [Role.SystemAdministrator] = [Right.ReadAccounts, Right.ManageAccounts],
        [Role.SecurityAdministrator] = [Right.ReadAccounts, Right.GrantPosts],
        [Role.AuditAdministrator] = [Right.ReadAccounts, Right.ReadLedger],
    };

    /// <summary>The three separated administrators; nobody holds two of them, nor one beside any other role.</summary>
    internal static readonly Role[] Administrators = [Role.SystemAdministrator, Role.SecurityAdministrator, Role.AuditAdministrator];

    /// <summary>What the post is called, in the reader's language.</summary>
    internal static string TitleOf(Role role) => Text.Of($"kernel.role.{JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString())}");

    /// <summary>True when an organisation of this kind has such a post.</summary>
    internal static bool Fits(Role role, OrganisationKind kind) => role switch
    {
        Role.PlatformOperator => kind == OrganisationKind.Operator,
        Role.Authority => kind == OrganisationKind.Authority,
        Role.ProjectApprover => kind == OrganisationKind.ProjectApprover,
        Role.Auditor => kind == OrganisationKind.Audit,
        // The three administrators sit with the body that runs the platform or with the one that answers for it.
        Role.SystemAdministrator or Role.SecurityAdministrator or Role.AuditAdministrator => kind is OrganisationKind.Operator or OrganisationKind.Authority,
        _ => true,
    };

    internal const string SignedInPolicy = "signed-in";
    internal const string OfficerPolicy = "officer";

    /// <summary>Whoever is signed in passes, officer or program: 401 kernel.not-signed-in.</summary>
    internal static TBuilder RequiresSignIn<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(SignedInPolicy);

    /// <summary>Officers pass, programs do not: what concerns the own account. 401 kernel.not-signed-in, 403 kernel.forbidden.</summary>
    internal static TBuilder RequiresOfficer<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(OfficerPolicy);

    /// <summary>Only holders of the right pass: 401 kernel.not-signed-in, 403 kernel.forbidden.</summary>
    internal static TBuilder Requires<TBuilder>(this TBuilder endpoint, Right right) where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(right.ToString());
}

/// <summary>Only holders of the right see the page; checked on the server at every request.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RequiresAttribute : AuthorizeAttribute
{
    internal RequiresAttribute(Right right) => Policy = right.ToString();
}

/// <summary>Only officers see the page: what concerns the own account.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RequiresOfficerAttribute : AuthorizeAttribute
{
    internal RequiresOfficerAttribute() => Policy = Rights.OfficerPolicy;
}
