using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Quality;

/// <summary>What the scores are made of.</summary>
internal static class QualityModule
{
    internal static void AddQuality(this WebApplicationBuilder builder)
    {
        builder.Services.AddReconciler<ScoreDatasets>();
        QualityIndicators.AddTo(builder.Services);
    }

    internal static void MapQuality(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        GetDatasetQuality.Map(api);
        RankDepartments.Map(api);
    }
}
