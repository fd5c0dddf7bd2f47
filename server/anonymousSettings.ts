import { validateFilter } from "#flows/topics/topicFilter.ts";
import { anonymousPlaces } from "./settingSpecs.ts";
import type { Settings } from "./settingTypes.ts";
import { readList, type SettingSource } from "./settingValues.ts";

/** Reads who gets in without a credential, and to which topics. */
export function readAnonymous({
  given,
  problems,
}: SettingSource): Pick<Settings, "anonymous" | "anonymousTopics"> {
  const { anonymous = "off", anonymousTopics = "anonymous/#" } = given;
  const places = anonymous === "off" ? [] : readList(anonymous);
  for (const place of places)
    if (!anonymousPlaces.some((known) => known === place))
      problems.push(
        `The setting anonymous must be off, or some of ${anonymousPlaces.join(", ")}, not "${place}".`,
      );
  for (const filter of readList(anonymousTopics)) {
    const wrong = validateFilter(filter);
    if (wrong !== undefined) problems.push(`The setting anonymousTopics: the filter "${filter}" ${wrong}.`);
  }
  return {
    anonymous: anonymousPlaces.filter((place) => places.includes(place)),
    anonymousTopics: readList(anonymousTopics),
  };
}
