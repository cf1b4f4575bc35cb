using Zhengtong.Kernel.Http;

namespace Zhengtong.Catalogue;

/// <summary>The Catalogue's refusals.</summary>
internal static class CatalogueProblems
{
    internal static readonly ProblemType NotFound = new("catalogue.not-found", 404);
    internal static readonly ProblemType NotProvider = new("catalogue.not-provider", 403);
    internal static readonly ProblemType Invalid = new("catalogue.invalid", 400);
    internal static readonly ProblemType NameTaken = new("catalogue.name-taken", 409);
    internal static readonly ProblemType NotDraft = new("catalogue.not-draft", 409);
    internal static readonly ProblemType NotPublished = new("catalogue.not-published", 409);
    internal static readonly ProblemType ChangedMeanwhile = new("catalogue.changed-meanwhile", 409);
    internal static readonly ProblemType ServiceNotFound = new("catalogue.service-not-found", 404);
    internal static readonly ProblemType ServiceInvalid = new("catalogue.service-invalid", 400);
    internal static readonly ProblemType ServiceDrafted = new("catalogue.service-drafted", 409);
    internal static readonly ProblemType ServiceOfAnother = new("catalogue.service-of-another", 403);
    internal static readonly ProblemType PriceInvalid = new("catalogue.price-invalid", 400);
    internal static readonly ProblemType PriceOverlaps = new("catalogue.price-overlaps", 409);
}
