using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Quality;

/// <summary>What the scores are made of.</summary>
internal static class QualityServices
{
    internal static void AddOpenDataQuality(this WebApplicationBuilder builder)
    {
        builder.Services.AddReconciler<ScoreDatasets>();
        QualityIndicators.AddTo(builder.Services);
    }

    internal static void MapOpenDataQuality(this IEndpointRouteBuilder api)
    {
        GetDatasetQuality.Map(api);
        RankDepartments.Map(api);
    }
}
