using Zhengtong.Cloud.Bills;
using Zhengtong.Cloud.Capacity;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Cloud.Savings;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Cloud.Metering;

/// <summary>What is measured and accounted: the table of contents of samples, bills, reclaims, savings and capacity.</summary>
internal static class MeasuringServices
{
    internal static void AddMeasuring(this IServiceCollection services)
    {
        services.AddSingleton(EngineMeters.Source);
        services.AddReconciler<ReadMeters>();
        services.AddReconciler<CountBills>();
        services.AddReconciler<ReclaimIdle>();
        services.AddReconciler<RecordCapacity>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/usage", "cloud.usage.title", "chart", 330, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/bills", "cloud.bills.title", "ledger", 331, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/reclaim", "cloud.reclaim.title", "remove", 332, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/savings", "cloud.savings.title", "economy", 333, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.SeePools, "/work/cloud/capacity", "cloud.capacity.title", "cloud", 334, "catalogue.services.menu-group"));
        services.AddIndicator("cloud.cpu-used", "per mille", RollUpPeriod.Day, "cloud.indicator-source.metering", MeasuringFigures.CpuAsync);
        services.AddIndicator("cloud.cost", "CNY", RollUpPeriod.Day, "cloud.indicator-source.bills", MeasuringFigures.CostAsync);
        services.AddIndicator("cloud.saved", "CNY", RollUpPeriod.Day, "cloud.indicator-source.savings", MeasuringFigures.SavedAsync);
    }

    internal static void Map(WebApplication app, IEndpointRouteBuilder api)
    {
        ListResourceUse.Map(api);
        ReadResourceUse.Map(api);
        ListBills.Map(api);
        GetBill.Map(api);
        CloseBill.Map(api);
        CorrectBillLine.Map(api);
        ReadShowback.Map(api);
        ExportFocus.Map(app);
        ExportBills.Map(app);
        ExportBillLines.Map(app);
        ExportShowback.Map(app);
        ExportSavings.Map(app);
        ListReclaims.Map(api);
        NoticeReclaim.Map(api);
        ObjectToReclaim.Map(api);
        DecideReclaim.Map(api);
        ExcludeFromReclaim.Map(api);
        SetReclaimRules.Map(api);
        ListSizeAdvice.Map(api);
        SetSavingsMethod.Map(api);
        ReadSavings.Map(api);
        ReadCapacity.Map(api);
    }
}
