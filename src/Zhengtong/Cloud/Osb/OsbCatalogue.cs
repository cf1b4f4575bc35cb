using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Osb;

/// <summary>What of the platform's services is offered through the broker, and under which ids: a service's is its code, a plan's is both codes with a tilde between.</summary>
internal static class OsbCatalogue
{
    internal static string PlanIdOf(string service, string plan) => $"{service}~{plan}";

    /// <summary>The plan of a service that this id names, or null.</summary>
    internal static ServicePlan? PlanOf(ServiceCard service, string planId) => service.Plans.FirstOrDefault(p => PlanIdOf(service.Code, p.Code) == planId);

    /// <summary>True for what a program can order and use: no services of people.</summary>
    internal static bool Serves(ServiceForm form) => form != ServiceForm.Attended;

    /// <summary>True for what a program can be told how to reach: a database by a login of its own, a site by its address, an instance by its host. What a broker of others delivers is bound at that one.</summary>
    internal static bool IsBindable(ServiceForm form) => form is ServiceForm.Database or ServiceForm.Site or ServiceForm.Instance;

    /// <summary>What may be said when a plan is ordered, as JSON Schema.</summary>
    internal static object CreateSchemaOf(ServicePlan plan) => SchemaOf(plan, new Dictionary<string, object>
    {
        ["name"] = new { type = "string", minLength = 2, maxLength = 50, description = Text.Of("cloud.osb.schema.name") },
        ["ground"] = new { type = "string", minLength = 2, maxLength = 500, description = Text.Of("cloud.osb.schema.ground") },
    });

    /// <summary>What may be said when an instance is changed.</summary>
    internal static object UpdateSchemaOf(ServicePlan plan) => SchemaOf(plan, []);

    private static Dictionary<string, object> SchemaOf(ServicePlan plan, Dictionary<string, object> properties)
    {
        properties["until"] = new { type = "string", format = "date", description = Text.Of("cloud.osb.schema.until") };
        properties["amounts"] = new
        {
            type = "object", additionalProperties = false, description = Text.Of("cloud.osb.schema.amounts"),
            properties = plan.Amounts.ToDictionary(a => a.Kind, a => (object)new { type = "integer", minimum = a.Least, maximum = a.Most }),
        };
        return new Dictionary<string, object> { ["$schema"] = "http://json-schema.org/draft-04/schema#", ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }
}
